//! A handset for an insulin pump: works out the dose of a meal and sends it.
//!
//! What it needs lies on its flash as text, a line `key = value` each: the record `pairing` with the
//! pump's serial number, `settings` with the carbohydrate ratio, `doses` with how many there were, and
//! `dose-N` for each. Settings are read whenever a dose is worked out. It trusts what it reads, as
//! products did: only a ratio that is none, or a record that the host refuses, is set anew from what
//! the clinic set up, its config.
//!
//! Left out: corrections by glucose, insulin on board, changing settings by hand, old doses that make
//! room for new ones.
//!
//! Models: a bolus calculator with a carbohydrate ratio, three commands to one pump, and the records that it keeps.
//! Units: U, g, g/U, min. Sources: the manner of CVE-2016-8375 and CVE-2016-9355 (ICSMA-17-017-02: secrets and
//! settings on a card in clear), ratios of models.md 1.3; a composite, no such handset is documented. Domain of
//! validity: ratios of 1 to 150 g/U, one pump.

use medtwin_frames::{Frame, Kind, bolus_steps};
use medtwin_sdk::{Config, Model, clock, display, network, storage};

const PUMP: u32 = 0;
const LAST_SENT: u32 = 0;
const SETTINGS: u32 = 1;
/// Carbohydrate ratios that are one [g/U].
const RATIOS: std::ops::RangeInclusive<f64> = 1.0..=150.0;
const STEP_U: f64 = 0.05;
const US_PER_MIN: u64 = 60_000_000;

/// The handset.
pub struct Handset {
    serial: u32,
    carb_ratio_g_per_u: f64,
}

impl Model for Handset {
    fn start(config: &Config) -> Self {
        let handset = Self {
            serial: config.number("serial", 0.0) as u32,
            carb_ratio_g_per_u: config.number("carb_ratio_g_per_u", 10.0),
        };
        keep("pairing", &format!("serial = {}\n", handset.serial));
        handset.ratio();
        handset
    }

    fn on_input(&mut self, input: u32, value: f64) {
        match input {
            0 => self.dose(value),
            1 => self.send(Kind::Suspend, 0.0),
            2 => self.send(Kind::Resume, 0.0),
            3 => self.dose((value / self.ratio() / STEP_U).round() * STEP_U),
            _ => {}
        }
    }
}

impl Handset {
    fn dose(&self, units: f64) {
        self.send(Kind::Bolus, units);
        let doses = number("doses", "count").unwrap_or(0.0) + 1.0;
        keep("doses", &format!("count = {doses}\n"));
        let minute = clock::now().unwrap_or(0) / US_PER_MIN;
        keep(&format!("dose-{doses}"), &format!("minute = {minute}\nunits = {units:.2}\n"));
    }

    /// The carbohydrate ratio as it was kept, or as it was set up [g/U].
    fn ratio(&self) -> f64 {
        let kept = number("settings", "carb_ratio_g_per_u").filter(|kept| RATIOS.contains(kept));
        let _ = display::show(SETTINGS, if kept.is_some() { 1.0 } else { 2.0 });
        kept.unwrap_or_else(|| {
            keep("settings", &format!("carb_ratio_g_per_u = {}\n", self.carb_ratio_g_per_u));
            self.carb_ratio_g_per_u
        })
    }

    fn send(&self, kind: Kind, units: f64) {
        let frame = Frame { serial: self.serial, kind, sequence: 0, a: bolus_steps(units), b: 0 };
        let _ = network::send(PUMP, &frame.encode());
        let _ = display::show(LAST_SENT, units);
    }
}

fn keep(record: &str, text: &str) {
    let _ = storage::put(record, text.as_bytes());
}

/// The number on the line `key` of a record.
fn number(record: &str, key: &str) -> Option<f64> {
    number_in(&storage::get(record).ok()??, key)
}

fn number_in(record: &[u8], key: &str) -> Option<f64> {
    let text = std::str::from_utf8(record).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    lines.find(|(name, _)| name.trim() == key)?.1.trim().parse().ok()
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(Handset);

#[cfg(test)]
mod tests {
    use super::number_in;

    #[test]
    fn a_record_is_read_line_by_line_and_one_that_is_none_is_not() {
        assert_eq!(number_in(b"minute = 5\nunits = 3.50\n", "units"), Some(3.5));
        for record in [&b""[..], b"units", b"units = many", b"more units = 1", b"units = 1\xff"] {
            assert_eq!(number_in(record, "units"), None);
        }
    }
}
