//! Keys, used by handle: they never enter a guest.
//!
//! Most keys are the product's, to sign, check, seal and open with. Two kinds are the platform's: a
//! quoting key of a device's own says what the host measured, and a checking key says whether a peer's
//! host did. A guest gives the nonce and never what is said of it.

use super::{KeyUse, Lent, VaultKey, pick};
use crate::channel;
use crate::device::Denial;
use crate::firmware::{is_quote, quote};

impl Lent {
    /// HMAC-SHA-256 of `data` by key handle; by a quoting key a quote for the nonce `data`.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Unknown`] for a key that signs nothing here.
    pub fn sign(&mut self, key: u32, data: &[u8]) -> Result<Vec<u8>, Denial> {
        let key = self.key(key, 0)?;
        match key.what_for {
            KeyUse::Product => Ok(channel::mac(&key.secret, &[data]).to_vec()),
            KeyUse::Quoting => self.quote(&key.secret, data),
            KeyUse::Checking => Err(Denial::Unknown),
        }
    }

    /// Whether `tag` is the HMAC-SHA-256 of `data`; by a checking key whether it is the peer's quote for
    /// the nonce `data`.
    ///
    /// # Errors
    /// The policy's denial, or [`Denial::Unknown`] for a key that checks nothing here.
    pub fn verify(&mut self, key: u32, data: &[u8], tag: &[u8]) -> Result<bool, Denial> {
        let key = self.key(key, 1)?;
        match key.what_for {
            KeyUse::Product => Ok(channel::mac(&key.secret, &[data]) == tag),
            KeyUse::Checking if self.is_measured() => Ok(is_quote(&key.secret, data, tag)),
            KeyUse::Checking | KeyUse::Quoting => Err(Denial::Unknown),
        }
    }

    /// Whether devices are measured for others here (control `signed_update`).
    fn is_measured(&self) -> bool {
        self.desk.as_ref().is_some_and(|desk| desk.rules.controls.firmware().attestation)
    }

    fn quote(&self, secret: &[u8; 32], nonce: &[u8]) -> Result<Vec<u8>, Denial> {
        let measured = self.desk.as_ref().and_then(|desk| desk.slots.measured);
        let measured = measured.filter(|_| self.is_measured()).ok_or(Denial::Unknown)?;
        Ok(quote(secret, nonce, &measured))
    }

    /// Seals `data` with ChaCha20-Poly1305, its nonce in front: who sealed it, 4 bytes, and a counter of
    /// theirs, 8 bytes, little-endian. A peer with the same key opens it; who sealed it is associated
    /// data as well.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn seal(&mut self, key: u32, data: &[u8]) -> Result<Vec<u8>, Denial> {
        let secret = self.secret(key, 2)?;
        let Some(desk) = self.desk.as_deref_mut() else { return Err(Denial::Unknown) };
        desk.sealed += 1;
        let sealed = channel::seal(&secret, desk.sealer, desk.sealed, data);
        Ok([&desk.sealer.to_le_bytes()[..], &desk.sealed.to_le_bytes(), &sealed].concat())
    }

    /// Opens what [`Lent::seal`] made here or at a peer; none when it was not sealed with this key.
    ///
    /// # Errors
    /// The policy's denial.
    pub fn open(&mut self, key: u32, data: &[u8]) -> Result<Option<Vec<u8>>, Denial> {
        let secret = self.secret(key, 3)?;
        Ok(opened(&secret, data))
    }

    /// The secret of a key of the product.
    fn secret(&mut self, key: u32, use_of: usize) -> Result<[u8; 32], Denial> {
        let key = self.key(key, use_of)?;
        (key.what_for == KeyUse::Product).then_some(key.secret).ok_or(Denial::Unknown)
    }

    fn key(&mut self, key: u32, use_of: usize) -> Result<VaultKey, Denial> {
        let at = key as usize;
        self.ask(|l| l.vault.get(at * 4 + use_of), |n| (n.words.vault[use_of], pick(&n.keys, at)))?;
        self.desk.as_ref().and_then(|desk| desk.keys.get(at).copied()).ok_or(Denial::Unknown)
    }
}

fn opened(secret: &[u8; 32], data: &[u8]) -> Option<Vec<u8>> {
    let (sealer, rest) = data.split_first_chunk::<4>()?;
    let (counter, sealed) = rest.split_first_chunk::<8>()?;
    channel::unseal(secret, u32::from_le_bytes(*sealer), u64::from_le_bytes(*counter), sealed)
}
