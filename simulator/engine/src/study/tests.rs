//! The numbers of published examples, and whether intervals cover as often as they say.

use super::*;
use crate::seed::Seed;

#[track_caller]
fn check(interval: Interval, low: f64, high: f64, within: f64) {
    let near = |a: f64, b: f64| (a - b).abs() <= within;
    assert!(near(interval.low, low) && near(interval.high, high), "{interval:?}");
}

/// k, n, Wilson, Clopper-Pearson, to six digits.
const SHARES: [(u64, u64, [f64; 2], [f64; 2]); 4] = [
    (0, 100, [0.0, 0.036993], [0.0, 0.036217]),
    (7, 20, [0.181192, 0.567146], [0.153909, 0.592189]),
    (3, 1000, [0.001021, 0.008783], [0.000619, 0.008742]),
    (20, 20, [0.838875, 1.0], [0.831567, 1.0]),
];

#[test]
fn intervals_of_shares_are_the_published_ones() {
    for (k, n, wilson, exact) in SHARES {
        let share = Proportion { k, n };
        check(share.wilson(), wilson[0], wilson[1], 1e-6);
        check(share.clopper_pearson(), exact[0], exact[1], 1e-6);
    }
}

#[test]
fn without_an_event_the_bound_is_the_rule_of_three() {
    let bound = Proportion { k: 0, n: 100 }.upper_bound();
    assert!((bound - 0.029513).abs() < 1e-6, "{bound}");
    let bound = |n: u64| Proportion { k: 0, n }.upper_bound();
    assert!(bound(2995) < 1e-3 && bound(2993) > 1e-3, "a claim below 1e-3 needs 2,995 trials");
}

#[test]
fn no_trials_say_nothing() {
    let none = Proportion::default();
    assert_eq!(none.share(), None);
    check(none.wilson(), 0.0, 1.0, 0.0);
    check(none.clopper_pearson(), 0.0, 1.0, 0.0);
    assert_eq!(Mean::default().mean(), None);
    assert_eq!(Paired::default().difference(), None);
    assert_eq!(Times::new(10).share(), None);
}

#[test]
fn an_interval_of_a_paired_difference_is_bonett_and_prices() {
    let paired = Paired { both: 55, first_only: 40, second_only: 5, neither: 100 };
    check(paired.bonett_price(), 0.1112, 0.2353, 5e-5);
    assert!((paired.difference().expect("trials") - 0.175).abs() < 1e-12);
    // 2 * P(X <= 5) of 45 fair coins.
    assert!((paired.mcnemar_p() / 7.85e-8 - 1.0).abs() < 1e-2, "{}", paired.mcnemar_p());
    assert!((Paired { neither: 9, ..Paired::default() }.mcnemar_p() - 1.0).abs() < 1e-12);
}

#[test]
fn an_interval_of_a_mean_is_students() {
    let mut mean = Mean::default();
    [4.0, 7.0, 1.0, 8.0, 5.0, f64::NAN].iter().for_each(|value| mean.add(*value));
    assert_eq!(mean.n(), 5);
    // t(0.975; 4) = 2.776445, deviation sqrt(7.5).
    let half = 2.776_445 * 7.5f64.sqrt() / 5f64.sqrt();
    check(mean.interval().expect("trials"), 5.0 - half, 5.0 + half, 1e-5);
    let mut one = Mean::default();
    one.add(2.0);
    assert_eq!((one.mean(), one.interval()), (Some(2.0), None));
}

#[test]
fn a_mean_keeps_its_digits_far_from_zero() {
    let mut mean = Mean::default();
    (0..1000).for_each(|i| mean.add(1e9 + f64::from(i % 2)));
    let deviation = mean.deviation().expect("trials");
    assert!((deviation - 0.500_250).abs() < 1e-5, "{deviation}");
}

/// Times 6, 6, 6, 6+, 7, 9+, 10, 10+, 11+, 13, 16, 17+, 19+, 20+, 22, 23, 25+, 32+, 32+, 34+, 35+ of
/// the 6-MP arm of Freireich et al. (1963), whose estimate is in every textbook.
fn leukaemia(follow_up: u32) -> Times {
    let mut times = Times::new(follow_up);
    for weeks in [6, 6, 6, 7, 10, 13, 16, 22, 23] {
        times.add(Seen::After(f64::from(weeks)));
    }
    for weeks in [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35] {
        times.add(Seen::NotWithin(f64::from(weeks)));
    }
    times
}

#[test]
fn times_are_estimated_as_in_the_textbooks() {
    let times = leukaemia(35);
    let curve = times.curve();
    for (week, survival) in [(6, 0.8571), (7, 0.8067), (10, 0.7529), (13, 0.6902), (23, 0.4482)] {
        assert!((1.0 - curve[week] - survival).abs() < 5e-5, "{week}: {}", 1.0 - curve[week]);
    }
    // R: survfit(..., conf.type = "log-log") at 23 weeks: 0.188, 0.680.
    let (share, interval) = times.share().expect("trials");
    assert!((share - 0.5518).abs() < 5e-5, "{share}");
    check(interval, 1.0 - 0.680, 1.0 - 0.188, 1e-3);
    assert_eq!((times.n(), times.happened(), times.ended_early()), (21, 9, 11));
}

#[test]
fn without_censoring_a_restricted_mean_is_the_mean_of_what_is_restricted() {
    let (mut times, mut mean) = (Times::new(60), Mean::default());
    for i in 0..200 {
        let at = f64::from(i * 7 % 90);
        times.add(Seen::After(at));
        mean.add(at.min(60.0));
    }
    let ((area, interval), plain) = (times.restricted_mean().expect("trials"), mean.interval());
    assert!((area - mean.mean().expect("trials")).abs() < 1e-9, "{area}");
    let (interval, plain) = (interval.expect("events"), plain.expect("trials"));
    assert!((interval.width() / plain.width() - 1.0).abs() < 0.02, "{interval:?} {plain:?}");
}

#[test]
fn what_never_happens_is_counted_to_the_end() {
    let mut times = Times::new(30);
    (0..50).for_each(|_| times.add(Seen::NotWithin(30.0)));
    times.add(Seen::After(31.0));
    let (mean, interval) = times.restricted_mean().expect("trials");
    assert!((mean - 30.0).abs() < 1e-12 && interval.is_none(), "nothing varied, nothing is sure");
    let (share, interval) = times.share().expect("trials");
    assert!(share.abs() < 1e-12 && interval.high > 0.05, "{share} {interval:?}");
}

#[test]
fn who_came_first_is_a_share_of_all() {
    let mut first = First::default();
    for (a, b) in [(Some(1.0), None), (Some(1.0), Some(2.0)), (Some(2.0), Some(2.0)), (None, None)]
    {
        first.add(a, b);
    }
    assert_eq!(first, First { first: 2, second: 1, neither: 1 });
    assert_eq!(first.share(), Proportion { k: 2, n: 4 });
}

#[test]
fn as_many_trials_as_are_needed_are_enough() {
    for k in [0, 4, 120, 200, 388] {
        let pilot = Proportion { k, n: 400 };
        let n = trials_for_share(pilot, 0.02);
        let Interval { low, high } = pilot.wilson();
        let width = |share: f64, n: u64| proportion::wilson(share, n as f64).width();
        let worst =
            |n: u64| width(low, n).max(width(high, n)).max(width(0.5_f64.clamp(low, high), n));
        assert!(worst(n) <= 0.04 && worst(n - 1) > 0.04, "{k}: {n}");
    }
    assert_eq!(
        trials_for_share(Proportion { k: 0, n: 1 }, 0.02),
        trials_for_share(Proportion { k: 5, n: 10 }, 0.02)
    );
    let paired = Paired { both: 100, first_only: 200, second_only: 20, neither: 680 };
    let few = Paired { first_only: 20, neither: 9, ..Paired::default() };
    assert_eq!((trials_for_difference(few, 0.02), trials_to_tell(few)), (None, None));
    let n = trials_for_difference(paired, 0.02).expect("enough to plan from") as f64 / 1000.0;
    let scaled = |count: u64| (count as f64 * n) as u64;
    let more = Paired {
        both: scaled(100),
        first_only: scaled(200),
        second_only: scaled(20),
        neither: scaled(680),
    };
    assert!((0.034..0.04).contains(&more.bonett_price().width()), "{more:?}");
    assert_eq!(trials_to_tell(Paired { both: 5, neither: 5, ..Paired::default() }), None);
    assert!(trials_to_tell(paired).is_some_and(|n| (20..60).contains(&n)));
}

#[test]
fn as_many_trials_as_are_said_tell_a_difference_four_times_in_five() {
    for cells in [[58, 0, 2], [33, 0, 27], [220, 40, 340], [60, 15, 225]] {
        let [first_only, second_only, neither] = cells;
        let pilot = Paired { first_only, second_only, neither, both: 0 };
        let all = pilot.n() as f64;
        let cells = [first_only as f64 / all, second_only as f64 / all, 0.0];
        let n = trials_to_tell(pilot).expect("a difference");
        let told = |pair: &Paired| !pair.bonett_price().covers(0.0);
        let found = covered(n, |pair, u| count_pair(pair, u, cells), told);
        assert!(found > 0.8 - tolerance(0.8), "{pilot:?}: {n} trials tell it in {found}");
    }
    let one_sided = Paired { first_only: 58, neither: 2, ..Paired::default() };
    assert!(trials_to_tell(one_sided).is_some_and(|n| n >= 4), "one trial tells nothing");
}

#[test]
fn a_plan_for_a_difference_holds_wherever_the_truth_lies_in_the_pilots_interval() {
    // The truth differs more often than the pilot of it saw.
    let (truth, half) = ([0.34, 0.007, 0.0], 0.02);
    let needs = Z * Z * (0.347 - 0.333 * 0.333) / (half * half);
    let enough =
        |pair: &Paired| trials_for_difference(*pair, half).is_some_and(|n| n as f64 >= needs);
    for pilot in [30, 400] {
        let found = covered(pilot, |pair, u| count_pair(pair, u, truth), enough);
        assert!(found > 0.95 - tolerance(0.95), "after {pilot}: {found}");
    }
}

#[test]
fn little_is_said_of_few_trials() {
    let of = |first_only, second_only, neither| {
        Verdict::of(Paired { both: 0, first_only, second_only, neither })
    };
    assert_eq!(of(20, 0, 5), Verdict::TooWide);
    assert_eq!(of(0, 0, 1000), Verdict::CoversZero);
    assert_eq!(of(400, 0, 9600), Verdict::More);
    assert_eq!(of(0, 400, 9600), Verdict::Less);
    assert!(!Verdict::TooWide.is_enough() && !Verdict::CoversZero.is_enough());
}

#[test]
fn a_dose_at_an_edge_belongs_above_it() {
    let mut bins = DoseBins::default();
    for (dose, harmed) in [(0.0, false), (0.1, true), (0.1, false), (7.0, true), (f64::NAN, true)] {
        bins.add(dose, harmed);
    }
    let bins: Vec<_> = bins.bins().collect();
    assert_eq!(bins[0], (0.0, Some(0.1), Proportion { k: 0, n: 1 }));
    assert_eq!(bins[1], (0.1, Some(0.2), Proportion { k: 1, n: 2 }));
    assert_eq!(bins[10], (1.0, None, Proportion { k: 1, n: 1 }));
}

const STUDIES: u64 = 1000;

/// Simulates a thousand studies of `n` trials, each of which draws a number in (0, 1) and counts
/// it; says in how many the truth was covered.
fn covered<T: Default>(n: u64, count: impl Fn(&mut T, f64), covers: impl Fn(&T) -> bool) -> f64 {
    let study = |study: &u64| {
        let keyed = Seed { seed: 20_260, trial: *study }.keyed("coverage");
        let mut counted = T::default();
        (0..n).for_each(|trial| count(&mut counted, keyed.uniform(n, trial)));
        covers(&counted)
    };
    (0..STUDIES).filter(study).count() as f64 / STUDIES as f64
}

/// How often `interval` covers `p` in truth: the sum of the chances of the counts whose interval
/// does.
fn exactly_covered(p: f64, n: u64, interval: impl Fn(Proportion) -> Interval) -> f64 {
    use statrs::distribution::{Binomial, Discrete as _};
    let binomial = Binomial::new(p, n).expect("a distribution");
    (0..=n).filter(|&k| interval(Proportion { k, n }).covers(p)).map(|k| binomial.pmf(k)).sum()
}

/// Four standard errors of a share of [`STUDIES`] that is `p`.
fn tolerance(p: f64) -> f64 {
    4.0 * (p * (1.0 - p) / STUDIES as f64).sqrt()
}

#[test]
fn a_wilson_interval_covers_the_truth_as_often_as_it_says() {
    for (p, n) in [(0.05, 200), (0.1, 100), (0.3, 50), (0.3, 400), (0.5, 200), (0.9, 150)] {
        let found = covered(n, |s: &mut Proportion, u| s.add(u < p), |s| s.wilson().covers(p));
        assert!((found - 0.95).abs() < tolerance(0.95), "{p} {n}: {found}");
        let exact = exactly_covered(p, n, Proportion::wilson);
        assert!((found - exact).abs() < tolerance(exact), "{p} {n}: {found}, should be {exact}");
    }
}

#[test]
fn a_clopper_pearson_bound_is_passed_at_most_once_in_twenty() {
    for (p, n) in [(0.003, 1000), (0.02, 300), (0.3, 100)] {
        let holds = |s: &Proportion| p <= s.upper_bound();
        let found = covered(n, |s: &mut Proportion, u| s.add(u < p), holds);
        assert!(found >= 0.95 - tolerance(0.95), "{p} {n}: {found}");
        let exact = exactly_covered(p, n, |s| Interval { low: 0.0, high: s.upper_bound() });
        assert!(exact >= 0.95, "{p} {n}: {exact}");
    }
}

/// The first arm alone, the second alone, both; the rest is neither.
fn count_pair(pair: &mut Paired, u: f64, [first, second, both]: [f64; 3]) {
    let in_both = u >= first + second && u < first + second + both;
    pair.add(u < first || in_both, (first..first + second).contains(&u) || in_both);
}

#[test]
fn a_paired_interval_covers_the_truth_as_often_as_it_says() {
    for (cells, n) in [([0.3, 0.05, 0.2], 100), ([0.1, 0.1, 0.3], 200), ([0.02, 0.01, 0.4], 500)] {
        let truth = cells[0] - cells[1];
        let covers = |pair: &Paired| pair.bonett_price().covers(truth);
        let found = covered(n, |pair, u| count_pair(pair, u, cells), covers);
        assert!((found - 0.95).abs() < tolerance(0.95), "{cells:?} {n}: {found}");
    }
}

#[test]
fn an_interval_that_is_too_narrow_is_found_out() {
    // Wald's interval at a small share, and a Wilson interval of two thirds of its width.
    let wald = |s: &Proportion| {
        let p = s.share().unwrap_or(0.0);
        Interval::around(p, Z * (p * (1.0 - p) / s.n as f64).sqrt())
    };
    let narrow = |s: &Proportion| {
        let wide = s.wilson();
        Interval::around((wide.low + wide.high) / 2.0, wide.width() / 3.0)
    };
    let found = covered(100, |s: &mut Proportion, u| s.add(u < 0.02), |s| wald(s).covers(0.02));
    assert!((found - 0.95).abs() > tolerance(0.95), "Wald: {found}");
    let found = covered(200, |s: &mut Proportion, u| s.add(u < 0.5), |s| narrow(s).covers(0.5));
    assert!((found - 0.95).abs() > tolerance(0.95), "narrow: {found}");
}

#[test]
fn a_t_interval_covers_the_truth_as_often_as_it_says() {
    // Exponential values of mean 1, skewed as minutes of harm are.
    let draw = |mean: &mut Mean, u: f64| mean.add(-libm::log1p(-u));
    let covers = |mean: &Mean| mean.interval().is_some_and(|interval| interval.covers(1.0));
    let found = covered(400, draw, covers);
    assert!((found - 0.95).abs() < tolerance(0.95), "{found}");
}

#[test]
fn an_interval_of_flags_and_of_rare_values_covers_the_truth_as_often_as_it_says() {
    for (p, n) in [(0.01, 600), (0.1, 60), (0.5, 30)] {
        let found = covered(
            n,
            |mean: &mut Mean, u| mean.add(f64::from(u8::from(u < p))),
            |mean| mean.interval().is_some_and(|interval| interval.covers(p)),
        );
        let exact = exactly_covered(p, n, Proportion::wilson);
        assert!((found - exact).abs() < tolerance(exact), "{p} {n}: {found}, should be {exact}");
    }
    let mut same = Mean::default();
    (0..600).for_each(|_| same.add(7.5));
    assert_eq!(same.interval(), None, "nothing varied");
}

/// Times of which a share `p` lies between 30 and 200 minutes, followed for 240.
fn rare(times: &mut Times, u: f64, p: f64) {
    let after = if u < p { Seen::After(30.0 + 170.0 * u / p) } else { Seen::NotWithin(240.0) };
    times.add(after);
}

/// Times that are followed for four hours.
struct FourHours(Times);

impl Default for FourHours {
    fn default() -> Self {
        Self(Times::new(240))
    }
}

#[test]
fn intervals_of_times_cover_the_truth_as_often_as_they_say() {
    for (p, n) in [(0.05, 100), (0.1, 50), (0.1, 200), (0.03, 400), (0.32, 40), (0.8, 60)] {
        // Half a minute is lost to rounding at neither end: 30 and 200 are whole.
        let mean = 240.0 - p * (240.0 - 115.0);
        let (mut told, mut missed) = (0_u64, 0_u64);
        for study in 0..STUDIES {
            let keyed = Seed { seed: 20_261, trial: study }.keyed("coverage");
            let mut times = FourHours::default();
            (0..n).for_each(|trial| rare(&mut times.0, keyed.uniform(n, trial), p));
            if let Some((_, Some(interval))) = times.0.restricted_mean() {
                told += 1;
                missed += u64::from(!interval.covers(mean));
            }
        }
        let found = 1.0 - missed as f64 / told as f64;
        assert!(found > 0.95 - tolerance(0.95), "restricted mean {p} {n}: {found} of {told}");
        let count = |times: &mut FourHours, u: f64| rare(&mut times.0, u, p);
        let covers = |times: &FourHours| times.0.share().is_some_and(|(_, i)| i.covers(p));
        let found = covered(n, count, covers);
        assert!(found > 0.95 - tolerance(0.95), "share {p} {n}: {found}");
    }
}
