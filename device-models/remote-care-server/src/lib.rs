//! The server of a clinic: it takes uploads of home monitors and warns whoever looks after the patients.
//!
//! An upload is a byte of alerts and pairs of number and value. With `watches_settings` it compares the parameters
//! (numbers below 256) with those of the upload before, and warns when they differ: nobody at the clinic
//! programmed anything at night. The key `expected` is for a clinician who did. Left out: users, reports, a second
//! patient, and how long somebody takes to read a warning.
//!
//! Models: uploads, warnings, and a comparison of settings. Units: the number of each value says its own, as in the
//! implant's report. Sources: models.md 2.4.5; the comparison is a control of ours, no product is known to have it
//! [E]. Domain of validity: one implant, up to 512 values an upload.

use medtwin_sdk::{Config, Model, Priority, alarm, display, network};

const MONITOR: u32 = 0;
const ALERT: u32 = 0;
const CHANGED_ALARM: u32 = 1;
const UPLOADS: u32 = 0;
const ALERTS: u32 = 1;
const CHANGED: u32 = 2;
/// Numbers from here on are measurements.
const MEASURED: u16 = 256;
const MOST_VALUES: usize = 512;

/// The server.
pub struct RemoteCare {
    watches: bool,
    settings: Option<Vec<(u16, u16)>>,
    uploads: u32,
    alerts: u32,
    changed: u32,
}

impl Model for RemoteCare {
    fn start(config: &Config) -> Self {
        let watches = config.flag("watches_settings");
        Self { watches, settings: None, uploads: 0, alerts: 0, changed: 0 }
    }

    fn on_frame(&mut self, _peer: u32, body: &[u8]) {
        let Some((alerts, values)) = body.split_first() else { return };
        let pairs = values.chunks_exact(4).take(MOST_VALUES);
        let pair = |p: &[u8]| (u16::from_le_bytes([p[0], p[1]]), u16::from_le_bytes([p[2], p[3]]));
        let settings: Vec<_> = pairs.map(pair).filter(|(number, _)| *number < MEASURED).collect();
        self.uploads += 1;
        let _ = display::show(UPLOADS, f64::from(self.uploads));
        if *alerts > 0 {
            self.alerts += 1;
            let _ = display::show(ALERTS, f64::from(self.alerts));
            let _ = alarm::raise(ALERT, Priority::Medium);
        }
        self.compare(settings);
        let _ = network::send(MONITOR, b"thanks");
    }

    fn on_input(&mut self, _input: u32, _value: f64) {
        self.settings = None;
        let _ = alarm::clear(CHANGED_ALARM);
    }
}

impl RemoteCare {
    fn compare(&mut self, settings: Vec<(u16, u16)>) {
        let before = self.settings.replace(settings);
        if self.watches && before.is_some_and(|before| Some(before) != self.settings) {
            self.changed += 1;
            let _ = display::show(CHANGED, f64::from(self.changed));
            let _ = alarm::raise(CHANGED_ALARM, Priority::High);
        }
    }
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(RemoteCare);
