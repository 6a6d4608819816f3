//! A docking gateway, or the communication module of one pump: it passes frames on.
//!
//! ```text
//! from the server: TO <pump, from 1> <bytes that follow>, a line break, so many bytes
//! from a pump:     anything, passed on as FROM <pump>, a line break, the frame
//! ```
//!
//! It does not know what it passes on, and does not ask who sent it: that is for the policy, which is
//! asked for `relay`. The flaw of real products is config: with `parser = "unchecked"` it takes as many
//! bytes as a frame says that it has, and a frame that says too much ends it (CVE-2021-33886,
//! CVE-2017-12718, CVE-2017-12722). It is restarted by its watchdog; pumps go on meanwhile.
//!
//! Units: bytes. Sources: the advisories of the weaknesses above; the frame is ours [E]. Left out: its file
//! and terminal services, drug library files, Wi-Fi. Domain of validity: six pumps and one server.

use medtwin_infusion::words;
use medtwin_sdk::{Config, Model, command, display, network};

const SERVER: u32 = 0;
const PUMPS: usize = 6;

/// The gateway.
pub struct Gateway {
    is_unchecked: bool,
    passed: u32,
    refused: u32,
}

impl Model for Gateway {
    fn start(config: &Config) -> Self {
        Self { is_unchecked: config.is("parser", "unchecked"), passed: 0, refused: 0 }
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        let passed = if peer == SERVER {
            self.to_pump(body)
        } else {
            let head = format!("FROM {peer}\n");
            network::send(SERVER, &[head.as_bytes(), body].concat()).is_ok()
        };
        *(if passed { &mut self.passed } else { &mut self.refused }) += 1;
        let _ = display::show(0, f64::from(self.passed));
        let _ = display::show(1, f64::from(self.refused));
    }
}

impl Gateway {
    fn to_pump(&self, body: &[u8]) -> bool {
        let Some((pump, inner)) = inner(body, self.is_unchecked) else { return false };
        command::begin("relay", inner).is_ok() && network::send(pump, inner).is_ok()
    }
}

/// The pump meant, and what it is sent.
fn inner(body: &[u8], is_unchecked: bool) -> Option<(u32, &[u8])> {
    let head = body.split(|byte| *byte == b'\n').next()?;
    let words = words(head)?;
    let [_, pump, len] = <[&str; 3]>::try_from(words).ok().filter(|words| words[0] == "TO")?;
    let pump: usize = pump.parse().ok().filter(|pump| (1..=PUMPS).contains(pump))?;
    let len: usize = len.parse().ok()?;
    let rest = body.get(head.len() + 1..)?;
    // The product's own code does not look whether there is so much.
    let inner = if is_unchecked { &rest[..len] } else { rest.get(..len)? };
    Some((pump as u32, inner))
}

#[cfg(test)]
mod tests {
    use super::inner;

    #[test]
    fn a_frame_says_for_whom_it_is_and_how_long() {
        assert_eq!(inner(b"TO 2 4\nSTOPxx", false), Some((2, &b"STOP"[..])));
        for none in [&b"TO 7 1\nx"[..], b"TO 0 1\nx", b"TO 1 9\nx", b"TO 1\nx", b"", b"TO 1 1"] {
            assert_eq!(inner(none, false), None);
        }
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn unchecked_code_reads_beyond_its_frame() {
        inner(b"TO 1 9999\nx", true);
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Gateway);
