//! The parameters of each control that runs, as `controls.toml` writes them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::error::PackError;

/// Parameters of one control.
pub(super) trait Settings: DeserializeOwned {
    /// What they may be, where that is less than their types say.
    fn is_sound(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// A proof of who sent each frame.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Auth {
    pub(super) key_scope: KeyScope,
    pub(super) pairing_presses: f64,
    pub(super) pairing_s: f64,
}

/// Whom one key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyScope {
    Device,
    Site,
    Fleet,
}

/// Frames are sealed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encryption {
    #[serde(rename = "suite")]
    _suite: Suite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Suite {
    #[serde(rename = "chacha20-poly1305")]
    ChaCha20Poly1305,
}

/// A frame counts once.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Nonce {
    pub(super) window: u64,
}

/// So many commands in an hour.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateLimit {
    pub(super) per_h: u32,
}

impl Default for Auth {
    fn default() -> Self {
        Self { key_scope: KeyScope::Device, pairing_presses: 8.0, pairing_s: 45.0 }
    }
}

impl Default for Nonce {
    fn default() -> Self {
        Self { window: 64 }
    }
}

impl Settings for Auth {
    fn is_sound(&self) -> Result<(), &'static str> {
        let cost = [self.pairing_presses, self.pairing_s];
        let sound = cost.iter().all(|number| number.is_finite() && *number >= 0.0);
        if sound { Ok(()) } else { Err("`pairing_presses` and `pairing_s` are numbers from 0") }
    }
}

impl Settings for Nonce {
    fn is_sound(&self) -> Result<(), &'static str> {
        if self.window <= 64 { Ok(()) } else { Err("`window` is at most 64 frames") }
    }
}

impl Settings for Encryption {}
impl Settings for RateLimit {}

/// Reads parameters that are what they may be.
pub(super) fn read<T: Settings>(
    file: &'static str,
    written: Spanned<toml::Value>,
) -> Result<T, PackError> {
    let at = written.span();
    let refuse = |why: &str, help: &str| PackError::new(file, at.clone(), why, help);
    let settings: T = written
        .into_inner()
        .try_into()
        .map_err(|error: toml::de::Error| refuse(error.message().trim(), ""))?;
    settings.is_sound().map_err(|why| refuse(why, "see policies/README.md"))?;
    Ok(settings)
}
