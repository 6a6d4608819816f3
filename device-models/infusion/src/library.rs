//! A drug library: what a hospital allows of each drug, with a soft and a hard limit.
//!
//! ```text
//! LIBRARY 7
//! morphine 1000 4000 5000 6 5 2000 3000 7500 15000
//! ```
//!
//! A line: name, concentration [ug/mL], and in pairs soft and hard: demand [ug], lockout [min] (a
//! minimum), basal [ug/h], in an hour [ug]. Beyond soft somebody has to confirm, beyond hard nothing
//! goes. Limits of morphine are those of a hospital's public calculator, the others [E] (models.md
//! 3.5). Left out: care areas, weight-based doses, bolus rates.

/// The library that a pump comes with.
pub const BUILT_IN: &str = "LIBRARY 1\n\
morphine 1000 4000 5000 6 5 2000 3000 7500 15000\n\
hydromorphone 200 500 1000 6 5 300 500 1500 3000\n\
fentanyl 10 20 50 5 5 40 50 200 300\n";

/// The longest library that a pump takes: so many drugs.
const MOST: usize = 64;

/// What is allowed of one drug.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// [ug/mL]
    pub ug_per_ml: f64,
    /// On the patient's demand: soft, hard [ug].
    pub demand_ug: (f64, f64),
    /// Between two demands at least: soft, hard [min].
    pub lockout_min: (f64, f64),
    /// All the time: soft, hard [ug/h].
    pub basal_ug_per_h: (f64, f64),
    /// Within an hour: soft, hard [ug].
    pub hourly_ug: (f64, f64),
}

/// A library.
#[derive(Clone, Debug, PartialEq)]
pub struct Library {
    /// Counted up.
    pub version: u32,
    /// Its drugs.
    pub entries: Vec<Entry>,
}

/// What somebody programmed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Program {
    /// In the reservoir [ug/mL].
    pub ug_per_ml: f64,
    /// All the time [mL/h].
    pub basal_ml_per_h: f64,
    /// On demand [mL]; 0 for none.
    pub demand_ml: f64,
    /// Between two demands at least [min].
    pub lockout_min: f64,
    /// Within an hour at most [mL].
    pub hourly_ml: f64,
}

/// What a library says of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It may start.
    Fine,
    /// It may start when somebody confirmed it.
    Soft,
    /// It may not.
    Hard,
    /// The drug, in this concentration, is not in the library.
    Unknown,
}

impl Library {
    /// Reads a library; none of what is none, is too long, or has a hard limit below its soft one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let version = lines.next()?.strip_prefix("LIBRARY ")?.trim().parse().ok()?;
        let entries: Option<Vec<Entry>> = lines.map(Entry::parse).collect();
        let entries = entries.filter(|entries| (1..=MOST).contains(&entries.len()))?;
        Some(Self { version, entries })
    }

    /// The library as text.
    pub fn text(&self) -> String {
        let lines = self.entries.iter().map(Entry::text);
        std::iter::once(format!("LIBRARY {}\n", self.version)).chain(lines).collect()
    }

    /// What it says of `program` for `drug`.
    pub fn check(&self, drug: &str, program: &Program) -> Verdict {
        let entry = self.entries.iter().find(|entry| entry.name == drug);
        match entry.filter(|entry| (entry.ug_per_ml - program.ug_per_ml).abs() < 1e-9) {
            Some(entry) => entry.check(program),
            None => Verdict::Unknown,
        }
    }

    /// What it says of a single dose of `ug`.
    pub fn check_dose(&self, drug: &str, ug: f64) -> Verdict {
        match self.entries.iter().find(|entry| entry.name == drug) {
            Some(entry) => above(ug, entry.demand_ug),
            None => Verdict::Unknown,
        }
    }
}

fn above(value: f64, (soft, hard): (f64, f64)) -> Verdict {
    match value {
        value if value.is_nan() || value > hard + 1e-9 => Verdict::Hard,
        value if value > soft + 1e-9 => Verdict::Soft,
        _ => Verdict::Fine,
    }
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let name = words.next().filter(|name| name.len() <= 32)?.to_owned();
        let numbers: Option<Vec<f64>> = words.map(|word| word.parse().ok()).collect();
        let numbers: [f64; 9] = numbers?.try_into().ok()?;
        if !numbers.iter().all(|number| (0.0..=1e9).contains(number)) {
            return None;
        }
        let [ug_per_ml, d0, d1, l0, l1, b0, b1, h0, h1] = numbers;
        let is_ordered = d0 <= d1 && l0 >= l1 && b0 <= b1 && h0 <= h1 && ug_per_ml > 0.0;
        is_ordered.then_some(Self {
            name,
            ug_per_ml,
            demand_ug: (d0, d1),
            lockout_min: (l0, l1),
            basal_ug_per_h: (b0, b1),
            hourly_ug: (h0, h1),
        })
    }

    fn text(&self) -> String {
        let (d, l, b, h) = (self.demand_ug, self.lockout_min, self.basal_ug_per_h, self.hourly_ug);
        let numbers = [self.ug_per_ml, d.0, d.1, l.0, l.1, b.0, b.1, h.0, h.1];
        let numbers: String = numbers.iter().map(|number| format!(" {number}")).collect();
        format!("{}{numbers}\n", self.name)
    }

    fn check(&self, program: &Program) -> Verdict {
        let ug = |ml: f64| ml * self.ug_per_ml;
        let lockout = match program.lockout_min {
            _ if program.demand_ml <= 0.0 => Verdict::Fine,
            min if min.is_nan() || min < self.lockout_min.1 => Verdict::Hard,
            min if min < self.lockout_min.0 => Verdict::Soft,
            _ => Verdict::Fine,
        };
        above(ug(program.demand_ml), self.demand_ug)
            .max(above(ug(program.basal_ml_per_h), self.basal_ug_per_h))
            .max(above(ug(program.hourly_ml), self.hourly_ug))
            .max(lockout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDINARY: Program = Program {
        ug_per_ml: 1000.0,
        basal_ml_per_h: 0.5,
        demand_ml: 1.0,
        lockout_min: 6.0,
        hourly_ml: 7.0,
    };

    fn built_in() -> Library {
        Library::parse(BUILT_IN).expect("a library")
    }

    #[test]
    fn a_library_reads_back() {
        let library = built_in();
        assert_eq!(Library::parse(&library.text()), Some(library));
    }

    #[test]
    fn a_program_is_fine_to_be_confirmed_or_refused() {
        let check = |change: fn(&mut Program)| {
            let mut program = ORDINARY;
            change(&mut program);
            built_in().check("morphine", &program)
        };
        assert_eq!(check(|_| {}), Verdict::Fine);
        assert_eq!(check(|p| p.demand_ml = 4.5), Verdict::Soft);
        assert_eq!(check(|p| p.demand_ml = 10.0), Verdict::Hard);
        assert_eq!(check(|p| p.lockout_min = 5.5), Verdict::Soft);
        assert_eq!(check(|p| p.lockout_min = 1.0), Verdict::Hard);
        assert_eq!(check(|p| p.basal_ml_per_h = 2.5), Verdict::Soft);
        assert_eq!(check(|p| p.basal_ml_per_h = 5.0), Verdict::Hard);
        assert_eq!(check(|p| p.hourly_ml = 10.0), Verdict::Soft);
        assert_eq!(check(|p| p.hourly_ml = f64::NAN), Verdict::Hard);
        assert_eq!(check(|p| p.ug_per_ml = 10_000.0), Verdict::Unknown);
        assert_eq!(built_in().check("heroin", &ORDINARY), Verdict::Unknown);
    }

    #[test]
    fn what_is_no_library_is_none() {
        for text in [
            "",
            "LIBRARY",
            "LIBRARY 1",
            "LIBRARY x\nmorphine 1000 4000 5000 6 5 2000 3000 7500 15000",
            "LIBRARY 2\nmorphine 1000 4000 5000 6 5 2000 3000 7500",
            "LIBRARY 2\nmorphine 1000 9000 5000 6 5 2000 3000 7500 15000",
            "LIBRARY 2\nmorphine 1000 NaN 5000 6 5 2000 3000 7500 15000",
            "LIBRARY 2\nmorphine -1 4000 5000 6 5 2000 3000 7500 15000",
        ] {
            assert_eq!(Library::parse(text), None, "{text}");
        }
    }
}
