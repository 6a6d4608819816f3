//! A patient alone, on inputs from a file.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use medtwin_engine::patient::inputs::{Inputs, Minute, simulate};
use medtwin_engine::patient::{DOMAIN_MG_DL, Model, Patient};
use serde_json::{Value, json};

use crate::problem::Problems;
use crate::write::{Pending, problem, say};

mod heart;
mod opioid;

/// The largest file of inputs [bytes].
const MAX_INPUT_BYTES: u64 = 64 << 20;
/// The longest that a patient is run [min]: ten years.
pub(crate) const MAX_MINUTES: i64 = 10 * 366 * 24 * 60;

/// Lists the patients.
pub(crate) fn list(as_json: bool) {
    let of = |model: Model| {
        let found = move |id| Some((model, model.patient(id)?));
        model.ids().into_iter().filter_map(found)
    };
    let patients = || Model::ALL.into_iter().flat_map(of);
    if as_json {
        let glucose = patients().map(|(model, patient)| told(model, &patient));
        let told: Vec<_> = glucose.chain(opioid::told()).chain(heart::told()).collect();
        say!("{:#}", json!({ "patients": told }));
        return;
    }
    for (model, patient) in patients() {
        let therapy = patient.therapy();
        say!(
            "{:<18}  {:<15} {:5.1} kg  basal {:.2} U/h  {:4.1} g/U  {:4.1} mg/dL/U",
            model.word(),
            patient.id(),
            patient.weight_kg(),
            therapy.basal_u_per_h,
            therapy.carb_ratio_g_per_u,
            therapy.correction_mg_dl_per_u
        );
    }
    opioid::list();
    heart::list();
}

fn told(model: Model, patient: &Patient) -> Value {
    let therapy = patient.therapy();
    json!({
        "model": model.word(),
        "id": patient.id(),
        "weight_kg": patient.weight_kg(),
        "basal_u_per_h": therapy.basal_u_per_h,
        "carb_ratio_g_per_u": therapy.carb_ratio_g_per_u,
        "correction_mg_dl_per_u": therapy.correction_mg_dl_per_u,
        "total_daily_u": therapy.total_daily_u,
    })
}

/// Runs one, and writes `t_min,glucose_mg_dl,plasma_insulin_pmol_l`, or what its model gives.
pub(crate) fn run(
    model: &str,
    id: &str,
    inputs: &Path,
    minutes: u32,
    out: &Path,
) -> Result<(), Problems> {
    if model == opioid::MODEL {
        return opioid::run(id, &text(inputs)?, &inputs.display().to_string(), minutes, out);
    }
    if model == heart::MODEL {
        return heart::run(id, &text(inputs)?, &inputs.display().to_string(), minutes, out);
    }
    let model = Model::of(model).ok_or_else(|| {
        let words = Model::ALL.map(Model::word).join(", ");
        let help = format!("there are: {words}, {}, {}", opioid::MODEL, heart::MODEL);
        Problems::one(format!("there is no patient model `{model}`"), help)
    })?;
    let patient = model.patient(id).ok_or_else(|| {
        Problems::one(
            format!("`{}` has no patient `{id}`", model.word()),
            "`medtwin patient list` lists them",
        )
    })?;
    let text = text(inputs)?;
    let name = inputs.display();
    let inputs = Inputs::read(&text)
        .map_err(|error| Problems::one(format!("{name}: {error}"), error.help))?;
    let outside = write(out, simulate(patient, &inputs, minutes));
    if let Some(minute) = outside.map_err(|error| problem(out, &error))? {
        let (low, high) = DOMAIN_MG_DL;
        eprintln!(
            "from minute {minute} on glucose is outside the model ({low} to {high} mg/dL): its field is empty"
        );
    }
    Ok(())
}

/// Writes the rows as they come; says from which minute on the patient is outside the model.
fn write(out: &Path, rows: impl Iterator<Item = Minute>) -> io::Result<Option<u32>> {
    let mut file = Pending::create(out)?;
    let mut outside = None;
    writeln!(file, "t_min,glucose_mg_dl,plasma_insulin_pmol_l")?;
    for row in rows {
        let (minute, insulin) = (row.minute, row.plasma_insulin_pmol_l);
        let glucose = row.glucose_mg_dl.map_or(String::new(), |glucose| glucose.to_string());
        outside = outside.or(row.glucose_mg_dl.is_none().then_some(minute));
        writeln!(file, "{minute},{glucose},{insulin}")?;
    }
    file.finish()?;
    Ok(outside)
}

/// The text of a regular file that is not too large. A pipe or a device might never end.
fn text(path: &Path) -> Result<String, Problems> {
    let name = path.display();
    let unreadable = |error: io::Error| Problems::one(format!("cannot read `{name}`: {error}"), "");
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(Problems::one(format!("`{name}` is not a file"), "give a CSV file"));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_INPUT_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_INPUT_BYTES {
        let message = format!("`{name}` is larger than {MAX_INPUT_BYTES} bytes");
        return Err(Problems::one(message, "a row's insulin holds until the next: leave rows out"));
    }
    Ok(text)
}
