//! Patients with diabetes: who they are, what they eat, which devices they use.

use super::*;

pub(super) fn wearer(
    (name, model): (&str, crate::patient::Model),
    patient: &crate::scenario::Patient,
    devices: &[DeviceSetup],
    scenario: &Scenario,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> WearerSetup {
    let who = match (&patient.id, &patient.population) {
        (Some(id), None) => {
            if model.patient(id.get_ref()).is_none() {
                let message =
                    format!("patient `{name}` is `{}`, whom the model does not have", id.get_ref());
                errors.push(ScenarioError::at(
                    id,
                    message,
                    format!(
                        "`medtwin patient list` lists them, such as `{}`",
                        model.ids().first().unwrap_or(&"")
                    ),
                ));
            }
            Who::Id(id.get_ref().clone())
        }
        (None, Some(population)) => {
            if !model.has_population() {
                let message = format!("the patients of `{}` do not differ", model.word());
                errors.push(ScenarioError::at(
                    &patient.model,
                    message,
                    "an `id`; populations are of `uva-padova`",
                ));
            }
            Who::Population(population.group.clone().map(Spanned::into_inner))
        }
        _ => {
            let message = format!("patient `{name}` needs either `id` or `population`");
            errors.push(ScenarioError::at(
                &patient.model,
                message,
                "`id = \"adult#001\"` or `population = { group = \"adult\" }`",
            ));
            Who::Population(None)
        }
    };
    let unit = |model: &str| devices.iter().position(|d| d.manifest.name == model);
    let wiring = Wiring {
        pump: devices.iter().position(|d| d.manifest.actuators.iter().any(|a| a == "basal")),
        remote: unit("insulin-pump-remote").or(unit("handset")),
        cgm: unit("cgm"),
    };
    let of = |unit: Option<usize>| unit.map(|u| &scenario.device[&devices[u].text]);
    let (pump, cgm) = (of(wiring.pump), of(wiring.cgm));
    let mut meals = Vec::new();
    for meal in &patient.meals {
        let dose = match meal.dose.get_ref().as_str() {
            "remote" => Dosing::Remote,
            "panel" => Dosing::Panel,
            "none" => Dosing::None,
            other => {
                let message = format!("a meal is dosed by `{other}`");
                errors.push(ScenarioError::at(&meal.dose, message, "one of: remote, panel, none"));
                Dosing::None
            }
        };
        let at = Spread::from(meal.at_h).times(60.0);
        let carbs = match (meal.carbs_g, meal.carbs_g_per_kg) {
            (None, Some(per_kg)) => Carbs::PerKg(per_kg.into()),
            (plain, _) => Carbs::Plain(plain.map_or(Spread::Fixed(0.0), Into::into)),
        };
        meals.push(Meal { at, carbs, dose });
    }
    let sensor = match cgm.and_then(|d| d.sensor_error.as_ref()) {
        None => SensorError::Vettoretti,
        Some(word) => match word.get_ref().as_str() {
            "vettoretti" => SensorError::Vettoretti,
            "breton" => SensorError::Breton,
            "none" => SensorError::None,
            other => {
                let message = format!("sensor error `{other}`");
                errors.push(ScenarioError::at(word, message, "one of: vettoretti, breton, none"));
                SensorError::None
            }
        },
    };
    let habits = Habits::default();
    let w = &patient.wearer;
    WearerSetup {
        name: names.intern(name),
        text: name.to_owned(),
        model,
        who,
        prescription: prescribed(&patient.prescription),
        meals,
        habits: Habits {
            notice_delay: w.notice_delay_min.map_or(habits.notice_delay, Into::into),
            reads_log_h: w.reads_log_h.map(|hour| hour.clamp(0.0, 24.0)),
            resume_after_min: w.resume_after_min.unwrap_or(habits.resume_after_min),
            ..habits
        },
        varied: Varied {
            notices_beep: w.notices_beep.map(Into::into),
            notices_alarm: w.notices_alarm.map(Into::into),
            feels_low: w.feels_low.map(Into::into),
            companion: w.companion.map(Into::into),
            asleep_h: w.asleep_h.map(|[from, until]| (from.into(), until.into())),
        },
        wiring,
        sensor,
        occluded: pump.and_then(|d| d.occluded_min).map(|[from, until]| (from, until)),
        reservoir_u: pump.and_then(|d| d.reservoir_u).unwrap_or(300.0),
        start_clock_h: scenario.clock_h(),
    }
}
