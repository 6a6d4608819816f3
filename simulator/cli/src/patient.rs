//! A patient alone, on inputs from a file.

use std::path::Path;

use medtwin_engine::patient::Patient;
use medtwin_engine::patient::inputs::{Inputs, simulate};

use crate::problem::Problems;
use crate::write::{say, write};

/// Lists the patients.
pub(crate) fn list() {
    for id in Patient::ids() {
        let Some(patient) = Patient::by_id(id) else { continue };
        let therapy = patient.therapy();
        say!(
            "uva-padova  {id:<15} {:5.1} kg  basal {:.2} U/h  {:4.1} g/U  {:4.1} mg/dL/U",
            patient.weight_kg(),
            therapy.basal_u_per_h,
            therapy.carb_ratio_g_per_u,
            therapy.correction_mg_dl_per_u
        );
    }
}

/// Runs one, and writes `t_min,glucose_mg_dl,plasma_insulin_pmol_l`.
pub(crate) fn run(
    model: &str,
    id: &str,
    inputs: &Path,
    minutes: u32,
    out: &Path,
) -> Result<(), Problems> {
    if model != "uva-padova" {
        return Err(Problems::one(
            format!("there is no patient model `{model}`"),
            "there is: uva-padova",
        ));
    }
    let patient = Patient::by_id(id).ok_or_else(|| {
        Problems::one(format!("there is no patient `{id}`"), "`medtwin patient list` lists them")
    })?;
    let name = inputs.display();
    let text = std::fs::read_to_string(inputs)
        .map_err(|error| Problems::one(format!("cannot read `{name}`: {error}"), ""))?;
    let inputs = Inputs::read(&text)
        .map_err(|error| Problems::one(format!("{name}: {error}"), error.help))?;
    let mut csv = String::from("t_min,glucose_mg_dl,plasma_insulin_pmol_l\n");
    for (minute, glucose, insulin) in simulate(patient, &inputs, minutes) {
        csv += &format!("{minute},{glucose},{insulin}\n");
    }
    write(out, csv.as_bytes())
}
