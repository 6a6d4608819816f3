//! What glucose did to the patient, minute by minute.
//!
//! Severity classes follow ISO 14971 from 1 (negligible) to 5 (catastrophic); 0 is no harm. The
//! cut-offs are defaults of this project [D], on the consensus thresholds 70, 54 and 250 mg/dL
//! (Battelino et al. 2019), and illustrative until clinicians have reviewed them:
//!
//! | class | rule |
//! |---|---|
//! | 1 | below 70 mg/dL at all |
//! | 2 | below 70 for 15 min, or above 250 for 2 h |
//! | 3 | below 54 for 15 min, or above 300 for 4 h |
//! | 4 | below 40 for 30 min, or above 400 for 6 h |
//! | 5 | below 20 for 60 min |
//!
//! Units: mg/dL, min. Sources: metrics.md A5.2, and as above. Domain of validity: true glucose of one person with diabetes, a day or so.
//!
//! Times are consecutive. Left out: ketones. Where the source asks for ketosis beside glucose, a
//! long time above the threshold stands for it.

/// The name of a severity class (ISO 14971, qualitative).
pub fn severity_word(class: f64) -> &'static str {
    match class {
        c if c < 1.0 => "none",
        c if c < 2.0 => "negligible",
        c if c < 3.0 => "minor",
        c if c < 4.0 => "serious",
        c if c < 5.0 => "critical",
        _ => "catastrophic",
    }
}

/// Threshold [mg/dL], whether below it counts, minutes, class.
const RULES: [(f64, bool, u32, u8); 8] = [
    (70.0, true, 1, 1),
    (70.0, true, 15, 2),
    (250.0, false, 120, 2),
    (54.0, true, 15, 3),
    (300.0, false, 240, 3),
    (40.0, true, 30, 4),
    (400.0, false, 360, 4),
    (20.0, true, 60, 5),
];

/// A fold over minutes of true glucose.
#[derive(Clone, Debug, Default)]
pub struct Glycaemia {
    runs: [u32; RULES.len()],
    minutes: u32,
    in_range: u32,
    below_54: u32,
    below_70: u32,
    above_250: u32,
    severity: u8,
    range: Option<(f64, f64)>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlycaemiaSummary {
    /// Worst class, 0 to 5.
    pub severity: u8,
    /// Minutes below 54 mg/dL.
    pub minutes_below_54: u32,
    /// Minutes below 70 mg/dL.
    pub minutes_below_70: u32,
    /// Minutes above 250 mg/dL.
    pub minutes_above_250: u32,
    /// Share of minutes from 70 to 180 mg/dL; not a number without minutes.
    pub time_in_range: f64,
    /// Lowest glucose [mg/dL]; not a number without minutes.
    pub min_mg_dl: f64,
    /// Highest glucose [mg/dL]; not a number without minutes.
    pub max_mg_dl: f64,
}

impl Glycaemia {
    /// Adds a minute that ended at `mg_dl`.
    pub fn minute(&mut self, mg_dl: f64) {
        for (run, (threshold, below, minutes, class)) in self.runs.iter_mut().zip(RULES) {
            let is_there = if below { mg_dl < threshold } else { mg_dl > threshold };
            *run = if is_there { *run + 1 } else { 0 };
            if *run >= minutes {
                self.severity = self.severity.max(class);
            }
        }
        self.minutes += 1;
        self.in_range += u32::from((70.0..=180.0).contains(&mg_dl));
        self.below_54 += u32::from(mg_dl < 54.0);
        self.below_70 += u32::from(mg_dl < 70.0);
        self.above_250 += u32::from(mg_dl > 250.0);
        let (low, high) = self.range.unwrap_or((mg_dl, mg_dl));
        self.range = Some((low.min(mg_dl), high.max(mg_dl)));
    }

    /// Whether harm of class 3 or more is going on.
    pub fn is_serious(&self) -> bool {
        let mut rules = self.runs.iter().zip(RULES);
        rules.any(|(run, (_, _, minutes, class))| class >= 3 && *run >= minutes)
    }

    /// What came of it so far.
    pub fn summary(&self) -> GlycaemiaSummary {
        let (min_mg_dl, max_mg_dl) = self.range.unwrap_or((f64::NAN, f64::NAN));
        GlycaemiaSummary {
            severity: self.severity,
            minutes_below_54: self.below_54,
            minutes_below_70: self.below_70,
            minutes_above_250: self.above_250,
            time_in_range: f64::from(self.in_range) / f64::from(self.minutes),
            min_mg_dl,
            max_mg_dl,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_severity(minutes: &[(u32, f64)], expected: u8) {
        let mut glycaemia = Glycaemia::default();
        for &(count, mg_dl) in minutes {
            (0..count).for_each(|_| glycaemia.minute(mg_dl));
        }
        assert_eq!(glycaemia.summary().severity, expected);
    }

    #[test]
    fn severity_grows_with_depth_and_length() {
        check_severity(&[(600, 120.0)], 0);
        check_severity(&[(14, 69.0)], 1);
        check_severity(&[(15, 69.0)], 2);
        check_severity(&[(15, 53.0)], 3);
        check_severity(&[(14, 53.0), (1, 80.0), (14, 53.0)], 1);
        check_severity(&[(30, 39.0)], 4);
        check_severity(&[(60, 19.0)], 5);
        check_severity(&[(119, 251.0)], 0);
        check_severity(&[(120, 251.0)], 2);
        check_severity(&[(360, 401.0)], 4);
    }

    #[test]
    fn serious_harm_goes_on_while_glucose_is_low() {
        let mut glycaemia = Glycaemia::default();
        (0..14).for_each(|_| glycaemia.minute(53.0));
        assert!(!glycaemia.is_serious());
        glycaemia.minute(53.0);
        assert!(glycaemia.is_serious());
        glycaemia.minute(70.0);
        assert!(!glycaemia.is_serious(), "over, though it was");
        assert_eq!(glycaemia.summary().severity, 3);
    }

    #[test]
    fn no_minutes_have_no_lowest_glucose() {
        assert!(Glycaemia::default().summary().min_mg_dl.is_nan());
    }
}
