//! A patient whose vital signs are given, for what monitors and staff do with them.

use crate::trace::Name;

/// Vital signs at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signs {
    /// [1/min]
    pub heart_rate: f64,
    /// [%]
    pub spo2: f64,
    /// [1/min]
    pub resp_rate: f64,
    /// [mmHg]
    pub etco2: f64,
    /// [mmHg]
    pub map: f64,
}

impl Default for Signs {
    /// A well adult.
    fn default() -> Self {
        Self { heart_rate: 76.0, spo2: 97.0, resp_rate: 14.0, etco2: 38.0, map: 88.0 }
    }
}

impl Signs {
    /// What lies between two at `share` of the way.
    #[must_use]
    pub fn towards(self, other: Self, share: f64) -> Self {
        let between = |from: f64, to: f64| from + (to - from) * share.clamp(0.0, 1.0);
        Self {
            heart_rate: between(self.heart_rate, other.heart_rate),
            spo2: between(self.spo2, other.spo2),
            resp_rate: between(self.resp_rate, other.resp_rate),
            etco2: between(self.etco2, other.etco2),
            map: between(self.map, other.map),
        }
    }
}

/// How restless a patient is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unrest {
    /// How often the finger with the clip moves [1/h].
    pub motion_per_h: f64,
    /// How often the electrodes, and the clip, come off [1/h].
    pub loose_per_h: f64,
}

/// The course of one patient.
#[derive(Clone, Debug)]
pub struct CourseSetup {
    /// Their name in traces.
    pub name: Name,
    /// Their name as words, for streams.
    pub text: String,
    /// Vital signs by time [min], in order; between two they change evenly.
    pub course: Vec<(f64, Signs)>,
    /// Whether care brings them back to how they were at first.
    pub recovers: bool,
    /// What becomes of what is stuck on them.
    pub unrest: Unrest,
}

impl CourseSetup {
    /// The signs at `min`, without anybody's care.
    pub fn at(&self, min: f64) -> Signs {
        let after = self.course.iter().position(|(at, _)| *at > min);
        match after {
            None => self.course.last().map_or_else(Signs::default, |(_, signs)| *signs),
            Some(0) => self.course[0].1,
            Some(next) => {
                let ((from, before), (until, then)) = (self.course[next - 1], self.course[next]);
                before.towards(then, (min - from) / (until - from))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_change_evenly_between_two_times_and_stay_after_the_last() {
        let ill = Signs { spo2: 77.0, ..Signs::default() };
        let setup = CourseSetup {
            name: Name(0),
            text: "ann".to_owned(),
            course: vec![(10.0, Signs::default()), (20.0, ill)],
            recovers: true,
            unrest: Unrest::default(),
        };
        let spo2 = |min| setup.at(min).spo2;
        assert_eq!([spo2(0.0), spo2(15.0), spo2(99.0)].map(|v| (v * 10.0) as i32), [970, 870, 770]);
    }
}
