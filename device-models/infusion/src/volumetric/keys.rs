//! The keys of the pump, and what the library says of what is keyed in.

use medtwin_sdk::{Priority, command, log};

use super::{DONE, HARD, LEAST_ML_PER_H, SECOND_DONE, SOFT, State, Volumetric, now};
use crate::{Program, Verdict, milli};

impl Volumetric {
    /// A key: rate, VTBI, start, stop, confirm, bolus; where there is a second line, rate and volume and
    /// start of a piggyback.
    pub(super) fn pressed(&mut self, input: u32, value: f64) {
        self.count(now());
        match input {
            0 | 1 => self.programmed(input, value),
            6 | 7 if self.has_second_line => self.programmed(input, value),
            2 => self.started(),
            3 => {
                let _ = command::begin("stop", b"");
                if self.state != State::Post {
                    self.state = State::Idle;
                }
            }
            4 => self.confirmed = true,
            5 => self.bolus(value),
            8 if self.has_second_line => self.piggyback(),
            _ => {}
        }
        self.run();
    }

    fn programmed(&mut self, input: u32, value: f64) {
        let is_rate = matches!(input, 0 | 6);
        // What runs then is no rate that is titrated.
        if input == 0 && matches!(self.state, State::Bolus | State::Piggyback) {
            return;
        }
        let most = if is_rate { self.most_ml_per_h } else { 10_000.0 };
        let least = if is_rate { LEAST_ML_PER_H } else { 0.0 };
        if !(least..=most).contains(&value) {
            return;
        }
        let before = (self.rate_ml_per_h, self.vtbi_ml, self.second);
        let is_titrated = input == 0 && self.state.is_running();
        // What was confirmed was another program; a rate that runs is changed by one key.
        self.confirmed &= is_titrated;
        match input {
            0 => self.rate_ml_per_h = value,
            1 => self.vtbi_ml = self.meant_ml + value,
            6 => self.second.0 = value,
            _ => self.second.1 = value,
        }
        let may = !is_titrated || self.may_start(self.rate_ml_per_h);
        if !may || command::begin("program", &value.to_le_bytes()).is_err() {
            (self.rate_ml_per_h, self.vtbi_ml, self.second) = before;
        }
    }

    fn started(&mut self) {
        let is_tested = self.state != State::Post;
        let may = is_tested && self.may_start(self.rate_ml_per_h);
        if may && command::begin("start", &self.rate_ml_per_h.to_le_bytes()).is_ok() {
            self.state = State::Running;
            self.watch.seen_to();
            self.raise(DONE, false, Priority::Low);
            self.raise(SECOND_DONE, false, Priority::Low);
            let _ = log::write(&format!("started {} mL/h", milli(self.rate_ml_per_h)));
        }
    }

    /// So much at once, while it runs.
    fn bolus(&mut self, ml: f64) {
        let is_volume = ml > 0.0 && ml <= 1000.0;
        if self.state != State::Running || !is_volume {
            return;
        }
        let ug = ml * self.ug_per_ml;
        let is_fluid = self.drug.is_empty();
        let verdict =
            if is_fluid { Verdict::Fine } else { self.library.check_dose(&self.drug, ug) };
        if self.judged(verdict) && command::begin("bolus", &ml.to_le_bytes()).is_ok() {
            self.state = State::Bolus;
            self.until_ml = self.meant_ml + ml;
            let _ = log::write(&format!("bolus {} mL", milli(ml)));
        }
    }

    /// The second rate and volume, and then the first rate again. Where no second bag hangs it is the first
    /// drug that comes at the second rate: with one in the pump, somebody confirms.
    fn piggyback(&mut self) {
        let (ml_per_h, ml) = self.second;
        let is_keyed = self.state == State::Running && ml_per_h > 0.0 && ml > 0.0;
        let verdict = if self.drug.is_empty() { Verdict::Fine } else { Verdict::Soft };
        if is_keyed
            && self.judged(verdict)
            && command::begin("start", &ml_per_h.to_le_bytes()).is_ok()
        {
            self.state = State::Piggyback;
            self.until_ml = self.meant_ml + ml;
            self.second.1 = 0.0; // each one is keyed in anew
            self.confirmed = false; // what was confirmed was this one
            let _ = log::write(&format!("piggyback {} mL/h", milli(ml_per_h)));
        }
    }

    /// A drug that the library knows has limits; a fluid without a drug has none.
    pub(super) fn may_start(&mut self, ml_per_h: f64) -> bool {
        let program = Program {
            ug_per_ml: self.ug_per_ml,
            basal_ml_per_h: ml_per_h,
            demand_ml: 0.0,
            lockout_min: 0.0,
            hourly_ml: ml_per_h,
        };
        let is_fluid = self.drug.is_empty();
        let verdict =
            if is_fluid { Verdict::Fine } else { self.library.check(&self.drug, &program) };
        self.judged(verdict)
    }

    fn judged(&mut self, verdict: Verdict) -> bool {
        self.raise(HARD, verdict >= Verdict::Hard, Priority::Low);
        self.raise(SOFT, verdict == Verdict::Soft && !self.confirmed, Priority::Low);
        verdict == Verdict::Fine || verdict == Verdict::Soft && self.confirmed
    }
}
