//! A patient on opioids, alone.

use std::io::{self, Write as _};
use std::path::Path;

use medtwin_engine::patient::opioid::inputs::{Inputs, Second, simulate};
use medtwin_engine::patient::opioid::{Drug, OpioidPatient, Person, Sex};
use serde_json::{Value, json};

use crate::problem::Problems;
use crate::write::{Pending, problem, say};

/// As `[patient.X] model` and the command line call it.
pub(super) const MODEL: &str = "opioid-respiration";
const VITALS: &str = "ventilation_l_per_min,resp_rate_per_min,paco2_mmhg,sao2_percent,etco2_mmhg,heart_rate_per_min,pain";

/// Lists those who are described.
pub(super) fn list() {
    for person in Person::ids().filter_map(Person::by_id) {
        let body = &person.body;
        let sex = sex(&person);
        let use_of = if person.is_chronic { "chronic user" } else { "opioid-naive" };
        say!(
            "{MODEL}  {:<20} {:5.1} kg  {:.0} cm  {:.0} a  {sex}  {use_of}",
            person.id,
            body.weight_kg,
            body.height_cm,
            body.age_a
        );
    }
}

/// The same for a program.
pub(super) fn told() -> impl Iterator<Item = Value> {
    Person::ids().filter_map(Person::by_id).map(|person| {
        json!({
            "model": MODEL,
            "id": person.id,
            "weight_kg": person.body.weight_kg,
            "height_cm": person.body.height_cm,
            "age_a": person.body.age_a,
            "sex": sex(&person),
            "chronic_user": person.is_chronic,
        })
    })
}

fn sex(person: &Person) -> &'static str {
    if person.body.sex == Sex::Female { "female" } else { "male" }
}

/// Runs one, and writes a row a second.
pub(super) fn run(
    id: &str,
    text: &str,
    name: &str,
    minutes: u32,
    out: &Path,
) -> Result<(), Problems> {
    let person = Person::by_id(id).ok_or_else(|| {
        Problems::one(format!("there is no patient `{id}`"), "`medtwin patient list` lists them")
    })?;
    let inputs = Inputs::read(text)
        .map_err(|error| Problems::one(format!("{name}: {error}"), error.help))?;
    let rows = simulate(OpioidPatient::new(person), &inputs, 60 * minutes);
    if let Some(second) = write(out, rows).map_err(|error| problem(out, &error))? {
        eprintln!(
            "from second {second} on the patient is outside the model (the heart stands still): the fields of vitals are empty"
        );
    }
    Ok(())
}

/// Writes the rows as they come; says from which second on the heart stands still.
fn write(out: &Path, rows: impl Iterator<Item = Second>) -> io::Result<Option<u32>> {
    let mut file = Pending::create(out)?;
    let mut arrested = None;
    let drugs = Drug::ALL.map(|drug| format!("{0}_cp_ng_per_ml,{0}_ce_ng_per_ml", drug.as_str()));
    writeln!(file, "t_s,{},{VITALS}", drugs.join(","))?;
    for row in rows {
        arrested = arrested.or(row.vitals.is_none().then_some(row.second));
        let drugs = row.ng_per_ml.map(|(plasma, effect)| format!("{plasma},{effect}"));
        writeln!(file, "{},{},{}", row.second, drugs.join(","), vitals(&row))?;
    }
    file.finish()?;
    Ok(arrested)
}

fn vitals(row: &Second) -> String {
    let Some(vitals) = &row.vitals else { return ",".repeat(VITALS.matches(',').count()) };
    let breath = &vitals.breath;
    [
        breath.ventilation_l_per_min,
        breath.rate_per_min,
        breath.paco2_mmhg,
        100.0 * breath.saturation,
        breath.etco2_mmhg(),
        vitals.heart_rate_per_min,
        vitals.pain,
    ]
    .map(|number| number.to_string())
    .join(",")
}
