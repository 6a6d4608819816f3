//! Kinetics and breathing against reference rows that another implementation computed.

use super::*;

mod breathing;
mod kinetics;
mod summary;

/// The rows of a CSV by column name.
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<f64>>,
}

impl Table {
    fn read(text: &str) -> Self {
        let cells =
            |line: &str| line.split(',').map(|cell| cell.parse().expect("a number")).collect();
        let mut lines = text.lines();
        let names = lines.next().expect("a header").split(',').map(str::to_owned).collect();
        Self { names, rows: lines.map(cells).collect() }
    }

    fn of(&self, row: &[f64], name: &str) -> f64 {
        row[self.names.iter().position(|n| n == name).expect("the column")]
    }
}

#[track_caller]
fn check_close(is: f64, should: f64, relative: f64, what: &str) {
    assert!((is - should).abs() <= relative * should.abs() + 1e-12, "{what}: {is}, not {should}");
}

fn adult() -> OpioidPatient {
    OpioidPatient::new(Person::by_id("adult-70kg-naive").expect("a described patient"))
}

/// The adult, who breathed this share of oxygen all along.
fn adult_on(fio2: f64) -> OpioidPatient {
    let mut patient = adult();
    patient.breathing = Breathing::new(patient.person.body.weight_kg, fio2);
    patient.breathe(fio2);
    patient
}
