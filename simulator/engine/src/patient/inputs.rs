//! Inputs of a patient alone, from a CSV: `t_min,carbs_g,insulin_u_per_min`.
//!
//! A row's insulin holds until the next row. Its carbohydrate is announced once, at that minute.

use super::Patient;

const COLUMNS: [&str; 3] = ["t_min", "carbs_g", "insulin_u_per_min"];

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
        let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = csv.headers().map_err(|error| broken(&error))?;
        let at = columns(header)?;
        let mut rows: Vec<Row> = Vec::new();
        for record in csv.records() {
            let record = record.map_err(|error| broken(&error))?;
            let row = row(&record, at)?;
            if let Some(last) = rows.last().filter(|last| last.minute >= row.minute) {
                let message = format!("`t_min` is {} after {}", row.minute, last.minute);
                return Err(error(
                    line(&record),
                    message,
                    "rows stand in order of time, each minute once",
                ));
            }
            rows.push(row);
        }
        Ok(Self(rows))
    }

    /// Carbohydrate announced at `minute` [g], and insulin during it [U/min].
    pub fn at(&self, minute: u32) -> (f64, f64) {
        let after = self.0.partition_point(|row| row.minute <= minute);
        let Some(row) = after.checked_sub(1).map(|i| self.0[i]) else { return (0.0, 0.0) };
        let carbs = if row.minute == minute { row.carbs_g } else { 0.0 };
        (carbs, row.insulin_u_per_min)
    }
}

/// Runs `patient` on `inputs`: minute, glucose [mg/dL], plasma insulin [pmol/L], for minutes 0 to
/// `minutes`.
pub fn simulate(
    mut patient: Patient,
    inputs: &Inputs,
    minutes: u32,
) -> impl Iterator<Item = (u32, f64, f64)> {
    (0..=minutes).map(move |minute| {
        let row = (minute, patient.glucose_mg_dl(), patient.plasma_insulin_pmol_l());
        let (carbs, insulin) = inputs.at(minute);
        patient.step(carbs, insulin, 0.0);
        row
    })
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

fn row(record: &csv::StringRecord, at: [usize; 3]) -> Result<Row, InputError> {
    let number = |column: usize| -> Result<f64, InputError> {
        let text = record.get(at[column]).unwrap_or("");
        let value: Option<f64> = text.parse().ok();
        value.filter(|v| v.is_finite() && *v >= 0.0).ok_or_else(|| {
            let message = format!("`{}` is `{text}`", COLUMNS[column]);
            error(line(record), message, "a number from 0")
        })
    };
    let minute = number(0)?;
    if minute.fract() > 0.0 || minute > 1e8 {
        let message = format!("`t_min` is `{minute}`");
        return Err(error(line(record), message, "a whole minute up to 100,000,000"));
    }
    let minute = minute as u32;
    Ok(Row { minute, carbs_g: number(1)?, insulin_u_per_min: number(2)? })
}

fn line(record: &csv::StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

fn error(line: u64, message: String, help: &'static str) -> InputError {
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
    fn what_is_no_input_is_refused_with_its_line() {
        let head = "t_min,carbs_g,insulin_u_per_min\n";
        check_refused("", "line 1: the column `t_min` is missing");
        check_refused("t_min,carbs,insulin_u_per_min\n", "line 1: there is no column `carbs`");
        check_refused(&format!("{head}0,0,0\n0,1,0\n"), "line 3: `t_min` is 0 after 0");
        check_refused(&format!("{head}0,-1,0\n"), "line 2: `carbs_g` is `-1`");
        check_refused(&format!("{head}0,0,NaN\n"), "line 2: `insulin_u_per_min` is `NaN`");
        check_refused(&format!("{head}0.5,0,0\n"), "line 2: `t_min` is `0.5`");
        check_refused(&format!("{head}0,0\n"), "line 2: this is no row of a CSV");
    }
}
