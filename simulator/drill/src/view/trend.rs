//! The arrow beside a reading.

use serde::Serialize;

/// Over what time a trend is judged [s].
const SPAN_S: u64 = 900;
/// Change below which a reading is steady, and from which it is fast [mg/dL/min], as CGMs of the
/// market draw their arrows.
const STEADY: f64 = 1.0;
const FAST: f64 = 2.0;

/// Where a reading goes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Trend {
    pub(crate) arrow: &'static str,
    pub(crate) trend: &'static str,
}

/// The trend of readings over the last quarter of an hour; none from fewer than two.
pub(crate) fn of(readings: impl DoubleEndedIterator<Item = (u64, f64)> + Clone) -> Option<Trend> {
    let (at, now) = readings.clone().next_back()?;
    // A device shows only what changed: the value of then is the last one shown by then.
    let since = at.saturating_sub(SPAN_S);
    let earlier = readings.clone().rfind(|(then, _)| *then <= since);
    let (then, before) =
        earlier.map_or_else(|| readings.clone().next(), |(_, v)| Some((since, v)))?;
    let minutes = at.saturating_sub(then) as f64 / 60.0;
    (minutes > 0.0).then(|| arrow((now - before) / minutes))
}

fn arrow(per_min: f64) -> Trend {
    let (arrow, trend) = match per_min {
        rate if rate >= FAST => ("↑", "rising fast"),
        rate if rate >= STEADY => ("↗", "rising"),
        rate if rate > -STEADY => ("→", "steady"),
        rate if rate > -FAST => ("↘", "falling"),
        _ => ("↓", "falling fast"),
    };
    Trend { arrow, trend }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(readings: &[(u64, f64)], trend: Option<&str>) {
        assert_eq!(of(readings.iter().copied()).map(|t| t.trend), trend, "{readings:?}");
    }

    #[test]
    fn an_arrow_says_how_fast_it_changes() {
        check(&[(0, 120.0), (900, 89.0)], Some("falling fast"));
        check(&[(0, 120.0), (900, 100.0)], Some("falling"));
        check(&[(0, 120.0), (900, 130.0)], Some("steady"));
        check(&[(0, 120.0), (900, 160.0)], Some("rising fast"));
    }

    #[test]
    fn a_value_that_was_not_shown_again_still_counts() {
        check(&[(0, 120.0), (3600, 118.0)], Some("steady"));
    }

    #[test]
    fn one_reading_has_no_trend() {
        check(&[(300, 120.0)], None);
        check(&[], None);
    }
}
