//! When the attack first had an effect, and what came first after it: harm, or somebody noticing.

use super::Outcome;

/// The first times of a run [min].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    /// First and last.
    effect: Option<(f64, f64)>,
    harm: Option<f64>,
    notice: Option<f64>,
}

impl Moments {
    pub(super) fn effect(&mut self, at: f64) {
        let (first, _) = self.effect.unwrap_or((at, at));
        self.effect = Some((first, at));
    }

    /// Harm before the attack had an effect is not of the attack.
    pub(super) fn harm(&mut self, at: f64) {
        if self.effect.is_some() {
            self.harm.get_or_insert(at);
        }
    }

    pub(super) fn notice(&mut self, at: f64) {
        if self.effect.is_some() {
            self.notice.get_or_insert(at);
        }
    }

    pub(super) fn finish(self, out: &mut Outcome) {
        out.effect_min = self.effect;
        let mut set = |id: &str, value: Option<f64>, why| {
            if let Some(value) = value {
                out.metrics.insert(id.to_owned(), value);
            } else {
                out.undefined.insert(id.to_owned(), why);
            }
        };
        let none = "the attack had no effect";
        let first = self.effect.map(|(first, _)| first);
        let since = |at: Option<f64>| Some(at? - first?);
        let why = |why| if first.is_some() { why } else { none };
        set("DET.effect_min", first, none);
        set("DET-2.notice_min", since(self.notice), why("nobody noticed after the first effect"));
        set("SAF.harm_min", since(self.harm), why("no such harm after the first effect"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_the_effect_does_not_count() {
        let (mut moments, mut out) = (Moments::default(), Outcome::default());
        moments.harm(5.0);
        moments.notice(6.0);
        moments.effect(10.0);
        moments.effect(20.0);
        moments.harm(42.0);
        moments.harm(50.0);
        moments.finish(&mut out);
        assert_eq!(out.metrics["DET.effect_min"].to_bits(), 10f64.to_bits());
        assert_eq!(out.effect_min, Some((10.0, 20.0)));
        assert_eq!(out.metrics["SAF.harm_min"].to_bits(), 32f64.to_bits());
        assert_eq!(out.undefined["DET-2.notice_min"], "nobody noticed after the first effect");
    }
}
