//! A heart alone, on stimuli from a CSV: `t_ms,pace_a,pace_v,shock_j`.
//!
//! A row's stimuli reach the heart at its time, strong enough to capture: `pace_a` and `pace_v` are 0 or 1. What
//! happens is a row each. No implant is there; [`super::Parameters`] say what the heart does by itself, pauses, atrial
//! fibrillation and spontaneous VT and VF included.

use super::flow::Flow;
use super::rhythm::Rhythm;
use super::{Happened, Heart, Parameters, Source};
use crate::patient::inputs::InputError;
use crate::seed::Seed;

const COLUMNS: [&str; 4] = ["t_ms", "pace_a", "pace_v", "shock_j"];
/// The highest value of each column.
const HIGHEST: [f64; 4] = [3.2e11, 1.0, 1.0, 400.0];
const RANGES: &str = "t_ms a whole number from 0, pace_a and pace_v 0 or 1, shock_j up to 400";

/// Stimuli, in order of time.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Vec<Row>);

#[derive(Clone, Copy, Debug)]
struct Row {
    ms: i64,
    pace_a: bool,
    pace_v: bool,
    shock_j: f64,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When [ms].
    pub ms: i64,
    /// `atrium`, `ventricle` or `reentry`.
    pub what: &'static str,
    /// Where it came from; what began or ended.
    pub source: &'static str,
    /// Mean arterial pressure then [mmHg].
    pub map_mmhg: f64,
}

impl Inputs {
    /// Reads inputs.
    ///
    /// # Errors
    /// The first line that is none, and why.
    pub fn read(text: &str) -> Result<Self, InputError> {
        let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = csv.headers().map_err(|error| broken(&error))?.clone();
        if let Some(other) = header.iter().find(|name| !COLUMNS.contains(name)) {
            return Err(wrong(1, format!("there is no column `{other}`")));
        }
        let mut at = [0; COLUMNS.len()];
        for (place, name) in at.iter_mut().zip(COLUMNS) {
            let found = header.iter().position(|column| column == name);
            *place = found.ok_or_else(|| wrong(1, format!("the column `{name}` is missing")))?;
        }
        let mut rows: Vec<Row> = Vec::new();
        for record in csv.records() {
            let record = record.map_err(|error| broken(&error))?;
            let row = row(&record, at)?;
            if let Some(last) = rows.last().filter(|last| last.ms >= row.ms) {
                let message = format!("`t_ms` is {} after {}", row.ms, last.ms);
                return Err(wrong(line(&record), message));
            }
            rows.push(row);
        }
        Ok(Self(rows))
    }
}

fn row(record: &csv::StringRecord, at: [usize; COLUMNS.len()]) -> Result<Row, InputError> {
    let number = |column: usize| -> Result<f64, InputError> {
        let text = record.get(at[column]).unwrap_or("");
        let value: Option<f64> = text.parse().ok();
        let fits =
            |v: &f64| (0.0..=HIGHEST[column]).contains(v) && (column == 3 || v.fract() == 0.0);
        value
            .filter(fits)
            .ok_or_else(|| wrong(line(record), format!("`{}` is `{text}`", COLUMNS[column])))
    };
    let (ms, pace_a, pace_v) = (number(0)? as i64, number(1)? > 0.5, number(2)? > 0.5);
    Ok(Row { ms, pace_a, pace_v, shock_j: number(3)? })
}

fn line(record: &csv::StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

fn wrong(line: u64, message: String) -> InputError {
    InputError { line, message, help: RANGES }
}

fn broken(found: &csv::Error) -> InputError {
    wrong(found.position().map_or(1, csv::Position::line), "this is no row of a CSV".to_owned())
}

/// Runs the heart of `parameters` on `inputs`, from 0 to `until_ms`, and hands on what happens.
pub fn simulate<E>(
    parameters: Parameters,
    inputs: &Inputs,
    until_ms: i64,
    mut told: impl FnMut(Event) -> Result<(), E>,
) -> Result<(), E> {
    let luck = Seed { seed: 1, trial: 0 }.keyed("alone/heart");
    let mut rhythm = Rhythm::new(&parameters, luck, until_ms as f64 / 60_000.0);
    let mut heart = Heart::new(parameters, Box::new(move |n| luck.uniform(1, n)));
    let mut flow = Flow::default();
    let mut rows = inputs.0.iter().peekable();
    loop {
        let due = [heart.due(), rhythm.due(), rows.peek().map(|row| row.ms)];
        let Some(now) = due.into_iter().flatten().min().filter(|now| *now <= until_ms) else {
            return Ok(());
        };
        rhythm.advance(now, &mut heart);
        heart.advance(now);
        if let Some(row) = rows.next_if(|row| row.ms <= now) {
            stimulate(&mut heart, row);
        }
        for happened in heart.take_happened() {
            let map_mmhg = flow.map_mmhg(now);
            let (what, source) = words(happened);
            if let Happened::Ventricle(source) = happened {
                let (atrium, _) = heart.last();
                flow.beat(now, source, atrium.map(|a| now - a));
            }
            told(Event { ms: now, what, source, map_mmhg })?;
        }
    }
}

fn stimulate(heart: &mut Heart, row: &Row) {
    if row.pace_a {
        heart.pace_a(row.ms);
    }
    if row.pace_v {
        heart.pace_v(row.ms);
    }
    if row.shock_j > 0.0 {
        heart.shock(row.ms, row.shock_j);
    }
}

fn words(happened: Happened) -> (&'static str, &'static str) {
    match happened {
        Happened::Atrium(source) => ("atrium", word(source)),
        Happened::Ventricle(source) => ("ventricle", word(source)),
        Happened::TachycardiaBegan => ("reentry", "vt"),
        Happened::FibrillationBegan => ("reentry", "vf"),
        Happened::Ended => ("reentry", "ended"),
    }
}

fn word(source: Source) -> &'static str {
    match source {
        Source::Sinus => "sinus",
        Source::Conducted => "conducted",
        Source::Pace => "pace",
        Source::Retrograde => "retrograde",
        Source::Ectopic => "ectopic",
        Source::Premature => "premature",
        Source::Junction => "junction",
        Source::Escape => "escape",
        Source::Tachycardia => "vt",
        Source::Fibrillation => "vf",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "t_ms,pace_a,pace_v,shock_j\n";

    fn ran(parameters: Parameters, rows: &str, until_ms: i64) -> Vec<Event> {
        let inputs = Inputs::read(&format!("{HEAD}{rows}")).expect("inputs");
        let mut events = Vec::new();
        let done = simulate(parameters, &inputs, until_ms, |event| {
            events.push(event);
            Ok::<(), ()>(())
        });
        assert_eq!(done, Ok(()));
        events
    }

    #[test]
    fn a_stimulus_captures_and_one_in_the_refractory_period_does_not() {
        let third = Parameters::preset("pacemaker-dependent").expect("a preset");
        let events = ran(third, "1000,0,1,0\n1200,0,1,0\n1600,0,1,0\n", 2000);
        let paced = events.iter().filter(|event| event.source == "pace").map(|event| event.ms);
        assert_eq!(paced.collect::<Vec<_>>(), [1000, 1600]);
    }

    #[test]
    fn an_early_stimulus_starts_fibrillation_and_a_shock_ends_it() {
        let own = Parameters { p_fibrillation: 1.0, ..Parameters::default() };
        // Conducted at 977, refractory until 1257, vulnerable for 60 ms.
        let events = ran(own, "1300,0,1,0\n4000,0,0,200\n", 6000);
        let reentry: Vec<_> = events.iter().filter(|e| e.what == "reentry").collect();
        assert_eq!(reentry.len(), 2, "{reentry:?}");
        assert_eq!((reentry[0].ms, reentry[0].source), (1300, "vf"));
        assert_eq!((reentry[1].ms, reentry[1].source), (4000, "ended"));
    }

    #[test]
    fn a_sick_sinus_pauses_and_a_tachy_brady_atrium_fibrillates_with_nothing_asked() {
        let hour = 3_600_000;
        let of = |preset: &str| ran(Parameters::preset(preset).expect("a preset"), "", hour);
        let atria = |events: &[Event]| {
            let atria = events.iter().filter(|event| event.what == "atrium");
            atria.map(|event| event.ms).collect::<Vec<_>>()
        };
        let longest = |times: &[i64]| times.windows(2).map(|two| two[1] - two[0]).max();
        assert!(longest(&atria(&of("nsr"))) < Some(2000));
        assert!(longest(&atria(&of("sick-sinus"))) >= Some(3000));
        let fibrillates = of("tachy-brady");
        let short = atria(&fibrillates).windows(2).filter(|two| two[1] - two[0] <= 200).count();
        assert!(short > 1000, "{short} cycles of 120 to 200 ms");
        assert!(longest(&atria(&fibrillates)) >= Some(3000));
    }

    #[test]
    fn what_is_no_stimulus_is_refused_with_its_line() {
        for (text, message) in [
            (String::new(), "line 1: the column `t_ms` is missing"),
            (format!("{HEAD}0,2,0,0\n"), "line 2: `pace_a` is `2`"),
            (format!("{HEAD}0,0,0.5,0\n"), "line 2: `pace_v` is `0.5`"),
            (format!("{HEAD}-1,0,0,0\n"), "line 2: `t_ms` is `-1`"),
            (format!("{HEAD}5,0,0,0\n5,0,0,0\n"), "line 3: `t_ms` is 5 after 5"),
            (format!("{HEAD}0,0,0,NaN\n"), "line 2: `shock_j` is `NaN`"),
            (format!("{HEAD}0,0\n"), "line 2: this is no row of a CSV"),
        ] {
            let found = Inputs::read(&text).map(|_| ()).map_err(|error| error.to_string());
            assert_eq!(found, Err(message.to_owned()));
        }
    }
}
