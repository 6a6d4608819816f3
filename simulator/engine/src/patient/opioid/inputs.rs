//! Inputs of a patient on opioids, from a CSV: `t_s,drug,bolus_ug,ug_per_min,naloxone_mg,fio2`.
//!
//! A row's infusion of its drug holds until the next row of that drug, its share of oxygen until the
//! next that has one. Its bolus and its naloxone are given once, at that second. Empty cells say
//! nothing. After an arrest no figure is given any more.

use super::{Drug, OpioidPatient, ROOM_AIR, Vitals};
use crate::patient::inputs::{InputError, error, line, rows};

const COLUMNS: [&str; 6] = ["t_s", "drug", "bolus_ug", "ug_per_min", "naloxone_mg", "fio2"];
/// The highest time [s], mass [ug], rate [ug/min], naloxone [mg], share of oxygen.
const HIGHEST: [f64; 6] = [1e9, 0.0, 1e6, 1e6, 100.0, 1.0];
const RANGES: &str = "t_s is a whole second, the rest numbers from 0: bolus_ug and ug_per_min up to 1e6, naloxone_mg up to 100, fio2 from 0.21 to 1";
const DRUGS: &str = "the drugs are remifentanil, fentanyl, morphine";

/// Rows of inputs, in order of time.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Vec<Row>);

#[derive(Clone, Copy, Debug)]
struct Row {
    second: u32,
    drug: Option<Drug>,
    bolus_ug: f64,
    ug_per_min: Option<f64>,
    naloxone_mg: f64,
    fio2: Option<f64>,
}

impl Inputs {
    /// Reads inputs.
    ///
    /// # Errors
    /// The first line that is none, and why.
    pub fn read(text: &str) -> Result<Self, InputError> {
        let help = "rows stand in order of time";
        rows(text, columns, row, |last: &Row, row| {
            let message = || format!("`t_s` is {} after {}", row.second, last.second);
            (last.second > row.second).then(|| (message(), help))
        })
        .map(Self)
    }

    fn at(&self, second: u32) -> &[Row] {
        let from = self.0.partition_point(|row| row.second < second);
        let to = self.0.partition_point(|row| row.second <= second);
        &self.0[from..to]
    }
}

/// A patient at one second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Second {
    /// From the start [s].
    pub second: u32,
    /// Plasma and effect site of each drug [ng/mL], in the order of [`Drug::ALL`].
    pub ng_per_ml: [(f64, f64); 3],
    /// What is true; none from an arrest on.
    pub vitals: Option<Vitals>,
    /// How long and how far saturation was below 60 % [share x min].
    pub hypoxia_min: f64,
}

/// Runs `patient` on `inputs`, for seconds 0 to `seconds`.
pub fn simulate(
    mut patient: OpioidPatient,
    inputs: &Inputs,
    seconds: u32,
) -> impl Iterator<Item = Second> {
    let mut rates = [0.0; 3];
    (0..=seconds).map(move |second| {
        inputs.at(second).iter().for_each(|row| row.act(&mut patient, &mut rates));
        let vitals = patient.vitals();
        let row = Second {
            second,
            ng_per_ml: Drug::ALL.map(|drug| patient.concentrations_ng_per_ml(drug)),
            vitals: (!vitals.is_arrested).then_some(vitals),
            hypoxia_min: patient.hypoxia_min(),
        };
        patient.second(&vitals, rates.map(|ug_per_min| ug_per_min / 60.0));
        row
    })
}

impl Row {
    fn act(&self, patient: &mut OpioidPatient, rates: &mut [f64; 3]) {
        if let Some(drug) = self.drug {
            patient.bolus(drug, self.bolus_ug);
            rates[drug as usize] = self.ug_per_min.unwrap_or(rates[drug as usize]);
        }
        patient.naloxone(self.naloxone_mg);
        if let Some(fio2) = self.fio2 {
            patient.breathe(fio2);
        }
    }
}

fn columns(header: &csv::StringRecord) -> Result<[Option<usize>; 6], InputError> {
    const HELP: &str = "the first line is t_s,drug,bolus_ug,ug_per_min,naloxone_mg,fio2, in any order; all but t_s may be left out";
    if let Some(other) = header.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(error(1, format!("there is no column `{other}`"), HELP));
    }
    let at = COLUMNS.map(|name| header.iter().position(|column| column == name));
    if at[0].is_none() {
        return Err(error(1, "the column `t_s` is missing".to_owned(), HELP));
    }
    Ok(at)
}

fn row(record: &csv::StringRecord, at: [Option<usize>; 6]) -> Result<Row, InputError> {
    let cell = |column: usize| {
        let text = at[column].and_then(|place| record.get(place));
        text.filter(|text| !text.is_empty())
    };
    let wrong = |column: usize, text: &str, help: &'static str| {
        error(line(record), format!("`{}` is `{text}`", COLUMNS[column]), help)
    };
    let number = |column: usize| -> Result<Option<f64>, InputError> {
        let Some(text) = cell(column) else { return Ok(None) };
        let value: Option<f64> = text.parse().ok();
        let value = value.filter(|v| (0.0..=HIGHEST[column]).contains(v));
        value.map(Some).ok_or_else(|| wrong(column, text, RANGES))
    };
    let second = number(0)?.filter(|second| second.fract() <= 0.0);
    let second = second.ok_or_else(|| wrong(0, cell(0).unwrap_or(""), RANGES))?;
    let drug = cell(1).map(|text| Drug::named(text).ok_or_else(|| wrong(1, text, DRUGS)));
    let (drug, bolus_ug, ug_per_min) = (drug.transpose()?, number(2)?, number(3)?);
    if drug.is_none() && (bolus_ug.is_some() || ug_per_min.is_some()) {
        return Err(error(line(record), "a dose of no drug".to_owned(), DRUGS));
    }
    let fio2 = number(5)?;
    if let Some(low) = fio2.filter(|fio2| *fio2 < ROOM_AIR) {
        return Err(wrong(5, &low.to_string(), RANGES));
    }
    Ok(Row {
        second: second as u32,
        drug,
        bolus_ug: bolus_ug.unwrap_or(0.0),
        ug_per_min,
        naloxone_mg: number(4)?.unwrap_or(0.0),
        fio2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::opioid::Person;

    const HEAD: &str = "t_s,drug,bolus_ug,ug_per_min,naloxone_mg,fio2\n";

    #[track_caller]
    fn check_refused(text: &str, message: &str) {
        let read = Inputs::read(text).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!(read, Err(message.to_owned()));
    }

    fn last(text: &str, seconds: u32) -> Result<Second, InputError> {
        let patient = OpioidPatient::new(Person::by_id("adult-70kg-naive").expect("there"));
        let inputs = Inputs::read(text)?;
        Ok(simulate(patient, &inputs, seconds).last().expect("a row"))
    }

    #[test]
    fn an_infusion_holds_and_a_bolus_is_given_once() -> Result<(), InputError> {
        let infused = last(&format!("{HEAD}0,fentanyl,,60,,\n10,fentanyl,,0,,\n"), 300)?;
        let bolus = last(&format!("{HEAD}5,fentanyl,10,,,\n"), 300)?;
        let (infused, bolus) = (infused.ng_per_ml[1].1, bolus.ng_per_ml[1].1);
        assert!((infused / bolus - 1.0).abs() < 0.01, "{infused} {bolus}");
        Ok(())
    }

    #[test]
    fn after_an_arrest_there_is_no_figure_any_more() -> Result<(), InputError> {
        let text = format!("{HEAD}0,fentanyl,300,,,\n");
        assert!(last(&text, 500)?.vitals.is_some());
        assert!(last(&text, 600)?.vitals.is_none());
        Ok(())
    }

    #[test]
    fn what_is_no_input_is_refused_with_its_line() {
        check_refused("", "line 1: the column `t_s` is missing");
        check_refused("t_s,dose\n", "line 1: there is no column `dose`");
        check_refused(&format!("{HEAD}1,,,,,\n0,,,,,\n"), "line 3: `t_s` is 0 after 1");
        check_refused(&format!("{HEAD}0,heroin,1,,,\n"), "line 2: `drug` is `heroin`");
        check_refused(&format!("{HEAD}0,,1,,,\n"), "line 2: a dose of no drug");
        check_refused(&format!("{HEAD}0,morphine,-1,,,\n"), "line 2: `bolus_ug` is `-1`");
        check_refused(&format!("{HEAD}0,morphine,NaN,,,\n"), "line 2: `bolus_ug` is `NaN`");
        check_refused(&format!("{HEAD}0.5,,,,,\n"), "line 2: `t_s` is `0.5`");
        check_refused(&format!("{HEAD}0,,,,,0.1\n"), "line 2: `fio2` is `0.1`");
        check_refused(&format!("{HEAD}0,,\n"), "line 2: this is no row of a CSV");
    }
}
