//! What devices say to the services of a network, byte by byte.
//!
//! DHCP in two messages (RFC 2131, 2132, rapid commit RFC 4039), DNS queries for an address (RFC 1035), NTP version 4
//! (RFC 5905). Whoever reads one takes any bytes. An authentic NTP message has a key number and a digest
//! behind it, HMAC-SHA-256 cut to 16 bytes where RFC 8573 has AES-CMAC of that length. Left out: renewal of leases, zones
//! and records but A, NTP's filter and its combination of several servers.

use crate::channel::mac;

/// Seconds from 1900 to the start of a run: midnight, 1 January 2026 UTC.
const EPOCH_S: u64 = 3_976_214_400;
/// Bytes of an NTP message without its digest.
pub(crate) const NTP_LEN: usize = 48;
const DIGEST_LEN: usize = 16;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
const DISCOVER: u8 = 1;
const ACK: u8 = 5;

/// Asks for an address.
pub(crate) fn dhcp_discover(mac: [u8; 6], number: u32) -> Vec<u8> {
    dhcp(1, mac, number, [0; 4], &[53, 1, DISCOVER, 80, 0])
}

/// Gives the address that was asked for, if that is what `asked` is.
pub(crate) fn dhcp_ack(asked: &[u8], address: [u8; 4], server: [u8; 4]) -> Option<Vec<u8>> {
    let number = asked.get(4..8)?.try_into().ok().map(u32::from_be_bytes)?;
    let mac = asked.get(28..34)?.try_into().ok()?;
    (asked.first() == Some(&1) && dhcp_kind(asked) == Some(DISCOVER)).then(|| {
        let [a, b, c, d] = server;
        let options =
            [53, 1, ACK, 80, 0, 54, 4, a, b, c, d, 51, 4, 0, 1, 0x51, 0x80, 1, 4, 255, 255, 0, 0];
        dhcp(2, mac, number, address, &options)
    })
}

/// Whether `answer` gives an address to who asked with `number`.
pub(crate) fn is_dhcp_ack(answer: &[u8], number: u32) -> bool {
    answer.first() == Some(&2)
        && answer.get(4..8) == Some(&number.to_be_bytes())
        && dhcp_kind(answer) == Some(ACK)
}

fn dhcp(op: u8, mac: [u8; 6], number: u32, address: [u8; 4], options: &[u8]) -> Vec<u8> {
    let mut message = vec![0; 236];
    message[..4].copy_from_slice(&[op, 1, 6, 0]);
    message[4..8].copy_from_slice(&number.to_be_bytes());
    message[16..20].copy_from_slice(&address);
    message[28..34].copy_from_slice(&mac);
    message.extend(COOKIE);
    message.extend(options);
    message.push(255);
    message.resize(300, 0);
    message
}

/// The kind of a DHCP message: its option 53.
fn dhcp_kind(message: &[u8]) -> Option<u8> {
    let mut options = message.get(236..)?.strip_prefix(&COOKIE)?;
    loop {
        match *options {
            [53, 1, kind, ..] => return Some(kind),
            [0, ref rest @ ..] => options = rest,
            [255, ..] | [] | [_] => return None,
            [_, len, ref rest @ ..] => options = rest.get(usize::from(len)..)?,
        }
    }
}

/// Asks for the address of `name`.
pub(crate) fn dns_query(number: u16, name: &str) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    let mut message = vec![high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let label = &label.as_bytes()[..label.len().min(63)];
        message.push(label.len() as u8);
        message.extend(label);
    }
    message.extend([0, 0, 1, 0, 1]);
    message
}

/// Answers a query with `address`, to be kept for `ttl_s`.
pub(crate) fn dns_answer(query: &[u8], address: [u8; 4], ttl_s: u32) -> Option<Vec<u8>> {
    let is_query = query.len() >= 17 && query[2] & 0x80 == 0 && query[4..6] == [0, 1];
    is_query.then(|| {
        let mut message = query.to_vec();
        (message[2], message[3], message[7]) = (0x81, 0x80, 1);
        message.extend([0xc0, 12, 0, 1, 0, 1]);
        message.extend(ttl_s.to_be_bytes());
        message.extend([0, 4]);
        message.extend(address);
        message
    })
}

/// Whether `answer` answers query `number` with an address.
pub(crate) fn is_dns_answer(answer: &[u8], number: u16) -> bool {
    answer.len() >= 29
        && answer[..2] == number.to_be_bytes()
        && answer[2] & 0x80 != 0
        && answer[3] & 0x0f == 0
        && answer[6..8] != [0, 0]
}

/// A time of NTP: seconds since 1900 and their 2^32 parts; `local_ns` is since the start of the run.
fn stamp(local_ns: i64) -> [u8; 8] {
    let whole = local_ns.div_euclid(1_000_000_000);
    let part = (local_ns.rem_euclid(1_000_000_000) as u64) << 32;
    let seconds = (EPOCH_S as i64).wrapping_add(whole) as u32;
    ((u64::from(seconds) << 32) | (part / 1_000_000_000)).to_be_bytes()
}

/// The time behind a stamp [ns since the start].
fn unstamp(bytes: &[u8]) -> Option<i64> {
    let stamp = u64::from_be_bytes(bytes.first_chunk().copied()?);
    let seconds = i64::from((stamp >> 32) as u32).wrapping_sub(EPOCH_S as i64);
    let part = ((stamp & 0xffff_ffff) * 1_000_000_000) >> 32;
    Some(seconds.wrapping_mul(1_000_000_000).wrapping_add(part as i64))
}

/// Asks for the time; `local_ns` is the asker's own.
pub(crate) fn ntp_request(local_ns: i64) -> Vec<u8> {
    let mut message = vec![0; NTP_LEN];
    message[0] = 4 << 3 | 3;
    message[2] = 6;
    message[40..].copy_from_slice(&stamp(local_ns));
    message
}

/// Tells the time; a stratum 1 server whose clock is a receiver of satellites.
pub(crate) fn ntp_reply(asked: &[u8], local_ns: i64, key: Option<&[u8; 32]>) -> Option<Vec<u8>> {
    let is_request = asked.len() >= NTP_LEN && asked[0] & 7 == 3;
    is_request.then(|| {
        let mut message = vec![0; NTP_LEN];
        message[..4].copy_from_slice(&[4 << 3 | 4, 1, asked[2], 0xec]);
        message[12..16].copy_from_slice(b"GPS\0");
        message[16..24].copy_from_slice(&stamp(local_ns));
        message[24..32].copy_from_slice(&asked[40..48]);
        message[32..40].copy_from_slice(&stamp(local_ns));
        message[40..48].copy_from_slice(&stamp(local_ns));
        if let Some(key) = key {
            let digest = mac(key, &[&message]);
            message.extend(1u32.to_be_bytes());
            message.extend(&digest[..DIGEST_LEN]);
        }
        message
    })
}

/// How far the asker's clock is behind, by an answer that came at `local_ns` to a request of `asked_ns`, both by the
/// asker's clock [ns]. None if it is no answer to that, or is not authentic by `key`.
pub(crate) fn ntp_offset(
    answer: &[u8],
    (asked_ns, local_ns): (i64, i64),
    key: Option<&[u8; 32]>,
) -> Option<i64> {
    let message = answer.get(..NTP_LEN)?;
    if message[0] & 7 != 4 || message[1] == 0 || message[24..32] != stamp(asked_ns) {
        return None;
    }
    if let Some(key) = key {
        let digest = answer.get(NTP_LEN + 4..NTP_LEN + 4 + DIGEST_LEN)?;
        (mac(key, &[message])[..DIGEST_LEN] == *digest).then_some(())?;
    }
    let (received, sent) = (unstamp(&message[32..])?, unstamp(&message[40..])?);
    let there = received.saturating_sub(asked_ns) / 2;
    Some(there.saturating_add(sent.saturating_sub(local_ns) / 2))
}

/// Moves the times that an NTP answer tells by `by_ns`: what somebody in the path does.
pub(crate) fn ntp_shift(answer: &mut [u8], by_ns: i64) -> bool {
    if answer.len() < NTP_LEN || answer[0] & 7 != 4 {
        return false;
    }
    for at in [16, 32, 40] {
        let moved = unstamp(&answer[at..]).map(|time| time.saturating_add(by_ns));
        moved.into_iter().for_each(|time| answer[at..at + 8].copy_from_slice(&stamp(time)));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    #[test]
    fn a_clock_that_is_behind_learns_by_how_much() {
        // The asker is 3 s behind; the way takes 10 ms there and 20 ms back.
        let (asked, at_server) = (50 * S, 53 * S + S / 100);
        let answer = ntp_reply(&ntp_request(asked), at_server, None).expect("a request");
        assert_eq!(answer.len(), NTP_LEN);
        let back = asked + 3 * S / 100;
        let offset = ntp_offset(&answer, (asked, back), None).expect("an answer");
        assert!((offset - (3 * S - S / 200)).abs() < 10, "{offset}: half of the asymmetry is off");
    }

    #[test]
    fn an_answer_that_was_moved_is_believed_unless_it_must_be_authentic() {
        let key = [7; 32];
        let mut answer = ntp_reply(&ntp_request(0), 0, Some(&key)).expect("a request");
        let offset = |answer: &[u8], key| ntp_offset(answer, (0, 0), key);
        assert_eq!(offset(&answer, Some(&key)), Some(0));
        assert_eq!(offset(&answer, Some(&[8; 32])), None, "another key");
        assert!(ntp_shift(&mut answer, 3600 * S));
        assert_eq!(offset(&answer, Some(&key)), None);
        assert_eq!(offset(&answer, None), Some(3600 * S));
        assert_eq!(ntp_offset(&answer, (1, 1), None), None, "to another request");
    }

    #[test]
    fn an_address_is_given_to_who_asked() {
        let asked = dhcp_discover([2, 0, 0, 0, 0, 9], 77);
        assert_eq!(asked.len(), 300);
        let answer = dhcp_ack(&asked, [10, 1, 0, 9], [10, 2, 0, 1]).expect("a request");
        assert!(is_dhcp_ack(&answer, 77) && !is_dhcp_ack(&answer, 78) && !is_dhcp_ack(&asked, 77));
        assert_eq!(dhcp_ack(&answer, [0; 4], [0; 4]), None, "an answer asks for nothing");
    }

    #[test]
    fn a_name_is_looked_up() {
        let query = dns_query(513, "pump-server.hospital.example");
        let answer = dns_answer(&query, [10, 2, 0, 4], 300).expect("a query");
        assert!(is_dns_answer(&answer, 513) && !is_dns_answer(&answer, 514));
        assert!(!is_dns_answer(&query, 513), "a query is no answer");
        assert_eq!(answer[answer.len() - 4..], [10, 2, 0, 4]);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic() {
        let good = [
            dhcp_discover([1; 6], 1),
            dhcp_ack(&dhcp_discover([1; 6], 1), [1; 4], [2; 4]).expect("a request"),
            dns_query(1, "a.b"),
            ntp_request(5),
            ntp_reply(&ntp_request(5), 6, Some(&[1; 32])).expect("a request"),
        ];
        let mut stream = crate::seed::Seed { seed: 1, trial: 0 }.stream("bytes");
        for _ in 0..20_000 {
            let mut bytes = good[(stream.uniform() * 5.0) as usize].clone();
            bytes.truncate((stream.uniform() * (bytes.len() + 1) as f64) as usize);
            let at = (stream.uniform() * bytes.len() as f64) as usize;
            bytes.get_mut(at).into_iter().for_each(|byte| *byte = (stream.uniform() * 256.0) as u8);
            let _ = (dhcp_ack(&bytes, [0; 4], [0; 4]), is_dhcp_ack(&bytes, 1));
            let _ = (dns_answer(&bytes, [0; 4], 1), is_dns_answer(&bytes, 1));
            let _ = (ntp_reply(&bytes, 0, None), ntp_offset(&bytes, (5, 9), Some(&[1; 32])));
            ntp_shift(&mut bytes, i64::MIN);
        }
    }
}
