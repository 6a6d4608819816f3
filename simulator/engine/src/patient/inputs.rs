//! Inputs of a patient alone, from a CSV: `t_min,carbs_g,insulin_u_per_min`.
//!
//! A row's insulin holds until the next row. Its carbohydrate is announced once, at that minute.
//! Once the patient left the model's domain of validity, no glucose is given any more.

use super::Patient;

const COLUMNS: [&str; 3] = ["t_min", "carbs_g", "insulin_u_per_min"];
/// The highest value of each column: a minute, a meal [g], and more than any pump delivers [U/min].
const HIGHEST: [f64; 3] = [1e8, 5000.0, 50.0];

/// Rows of inputs, in order of time.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Vec<Row>);

#[derive(Clone, Copy, Debug)]
struct Row {
    minute: u32,
    carbs_g: f64,
    insulin_u_per_min: f64,
}

/// What is wrong with a file of inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct InputError {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong, with the author's words in backticks.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

impl Inputs {
    /// Reads inputs.
    ///
    /// # Errors
    /// The first line that is none, and why.
    pub fn read(text: &str) -> Result<Self, InputError> {
        let help = "rows stand in order of time, each minute once";
        rows(text, columns, row, |last: &Row, row| {
            let message = || format!("`t_min` is {} after {}", row.minute, last.minute);
            (last.minute >= row.minute).then(|| (message(), help))
        })
        .map(Self)
    }

    /// Carbohydrate announced at `minute` [g], and insulin during it [U/min].
    pub fn at(&self, minute: u32) -> (f64, f64) {
        let after = self.0.partition_point(|row| row.minute <= minute);
        let Some(row) = after.checked_sub(1).map(|i| self.0[i]) else { return (0.0, 0.0) };
        let carbs = if row.minute == minute { row.carbs_g } else { 0.0 };
        (carbs, row.insulin_u_per_min)
    }
}

/// A patient at one minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minute {
    /// From the start [min].
    pub minute: u32,
    /// Glucose [mg/dL]; none from where it left the model's domain of validity on.
    pub glucose_mg_dl: Option<f64>,
    /// Plasma insulin [pmol/L].
    pub plasma_insulin_pmol_l: f64,
}

/// Runs `patient` on `inputs`, for minutes 0 to `minutes`.
pub fn simulate(
    mut patient: Patient,
    inputs: &Inputs,
    minutes: u32,
) -> impl Iterator<Item = Minute> {
    let mut is_within = true;
    (0..=minutes).map(move |minute| {
        is_within &= patient.is_within_domain();
        let row = Minute {
            minute,
            glucose_mg_dl: is_within.then(|| patient.glucose_mg_dl()),
            plasma_insulin_pmol_l: patient.plasma_insulin_pmol_l(),
        };
        let (carbs, insulin) = inputs.at(minute);
        patient.step(carbs, insulin, 0.0);
        row
    })
}

/// Reads the rows of a CSV: `columns` finds the places of its header, `row` reads one from there, and
/// `disorder` says what is wrong with one behind the last, if anything is.
pub(super) fn rows<Places: Copy, Row>(
    text: &str,
    columns: impl FnOnce(&csv::StringRecord) -> Result<Places, InputError>,
    row: impl Fn(&csv::StringRecord, Places) -> Result<Row, InputError>,
    disorder: impl Fn(&Row, &Row) -> Option<(String, &'static str)>,
) -> Result<Vec<Row>, InputError> {
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let at = columns(csv.headers().map_err(|error| broken(&error))?)?;
    let mut rows: Vec<Row> = Vec::new();
    for record in csv.records() {
        let record = record.map_err(|error| broken(&error))?;
        let row = row(&record, at)?;
        if let Some((message, help)) = rows.last().and_then(|last| disorder(last, &row)) {
            return Err(error(line(&record), message, help));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn columns(header: &csv::StringRecord) -> Result<[usize; 3], InputError> {
    const HELP: &str = "the first line is t_min,carbs_g,insulin_u_per_min, in any order";
    if let Some(other) = header.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(error(1, format!("there is no column `{other}`"), HELP));
    }
    let mut at = [0; 3];
    for (place, name) in at.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|column| column == name);
        *place = found.ok_or_else(|| error(1, format!("the column `{name}` is missing"), HELP))?;
    }
    Ok(at)
}

const RANGES: &str =
    "numbers from 0: t_min a whole minute, carbs_g up to 5000, insulin_u_per_min up to 50";

fn row(record: &csv::StringRecord, at: [usize; 3]) -> Result<Row, InputError> {
    let number = |column: usize| -> Result<f64, InputError> {
        let text = record.get(at[column]).unwrap_or("");
        let value: Option<f64> = text.parse().ok();
        value.filter(|v| (0.0..=HIGHEST[column]).contains(v)).ok_or_else(|| {
            let message = format!("`{}` is `{text}`", COLUMNS[column]);
            error(line(record), message, RANGES)
        })
    };
    let minute = number(0)?;
    if minute.fract() > 0.0 {
        return Err(error(line(record), format!("`t_min` is `{minute}`"), RANGES));
    }
    let minute = minute as u32;
    Ok(Row { minute, carbs_g: number(1)?, insulin_u_per_min: number(2)? })
}

pub(super) fn line(record: &csv::StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

pub(super) fn error(line: u64, message: String, help: &'static str) -> InputError {
    InputError { line, message, help }
}

fn broken(found: &csv::Error) -> InputError {
    let line = found.position().map_or(1, csv::Position::line);
    let help = "each line has as many cells as the first, and is text in UTF-8";
    error(line, "this is no row of a CSV".to_owned(), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str, message: &str) {
        assert_eq!(
            Inputs::read(text).map(|_| ()).map_err(|e| e.to_string()),
            Err(message.to_owned())
        );
    }

    #[test]
    fn insulin_holds_and_carbohydrate_is_announced_once() -> Result<(), InputError> {
        let inputs = Inputs::read("insulin_u_per_min,t_min,carbs_g\n0.02,0,0\n1.5,10,50\n")?;
        let rows = [0, 9, 10, 11].map(|minute| inputs.at(minute));
        assert_eq!(rows, [(0.0, 0.02), (0.0, 0.02), (50.0, 1.5), (0.0, 1.5)]);
        Ok(())
    }

    #[test]
    fn outside_the_model_there_is_no_figure_any_more() -> Result<(), InputError> {
        // A gross overdose, and then enough to eat to come back into the domain.
        let text = "t_min,carbs_g,insulin_u_per_min\n0,0,2\n60,0,0\n400,400,0\n";
        let inputs = Inputs::read(text)?;
        let patient = Patient::default();
        let rows: Vec<Minute> = simulate(patient.clone(), &inputs, 1000).collect();
        let left = rows.iter().position(|row| row.glucose_mg_dl.is_none()).expect("it leaves");
        let (given, rest) = rows.split_at(left);
        assert!(given.iter().all(|row| row.glucose_mg_dl.is_some_and(|g| g >= 10.0)));
        assert!(rest.iter().all(|row| row.glucose_mg_dl.is_none()), "for good");
        assert!(rest.iter().all(|row| row.plasma_insulin_pmol_l.is_finite()));
        Ok(())
    }

    #[test]
    fn what_is_no_input_is_refused_with_its_line() {
        let head = "t_min,carbs_g,insulin_u_per_min\n";
        check_refused("", "line 1: the column `t_min` is missing");
        check_refused("t_min,carbs,insulin_u_per_min\n", "line 1: there is no column `carbs`");
        check_refused(&format!("{head}0,0,0\n0,1,0\n"), "line 3: `t_min` is 0 after 0");
        check_refused(&format!("{head}0,-1,0\n"), "line 2: `carbs_g` is `-1`");
        check_refused(&format!("{head}0,0,NaN\n"), "line 2: `insulin_u_per_min` is `NaN`");
        check_refused(&format!("{head}0.5,0,0\n"), "line 2: `t_min` is `0.5`");
        check_refused(&format!("{head}1e9,0,0\n"), "line 2: `t_min` is `1e9`");
        check_refused(&format!("{head}0,0,0\n1,5001,0\n"), "line 3: `carbs_g` is `5001`");
        check_refused(&format!("{head}0,inf,0\n"), "line 2: `carbs_g` is `inf`");
        check_refused(&format!("{head}0,0,51\n"), "line 2: `insulin_u_per_min` is `51`");
        check_refused(&format!("{head}0,0\n"), "line 2: this is no row of a CSV");
    }
}
