//! A patient with diabetes, the pump and the sensor that they wear, and what they do themselves.
//!
//! Each minute the patient is advanced over the minute that ended, with what the hardware delivered
//! in it; then the sensors are refreshed, and the wearer notices what there is to notice.

use super::{Alarm, Bedside, Set};
use crate::infusion::Infusion;
use crate::input::Hands;
use crate::lent::Hand;
use crate::node::{Errand, Node, Outbox, Pressed, View, entry};
use crate::patient::{Patient, SensorNoise};
use crate::people::{Doing, Dosing, WearerSetup};
use crate::queue::{Key, What};
use crate::seed::Keyed;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Name, Origin};

/// Beeps within this time of the wearer's own act are expected [ns] [E].
const EXPECTED_NS: u64 = 180_000_000_000;
/// Glucagon: rise of plasma glucose [mg/kg/min] for so many minutes (models.md 1.8).
const GLUCAGON: (f64, u32) = (3.0, 40);

mod habits;
mod hands;
mod log;
mod pairing;

/// Ports by which the bedside meets its devices.
#[derive(Clone, Copy, Debug, Default)]
struct Ports {
    basal: Option<u32>,
    bolus: Option<u32>,
    reservoir: Option<usize>,
    occlusion: Option<usize>,
    glucose: Option<usize>,
}

/// Names that the bedside writes.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    glucose: Name,
    plasma_insulin: Name,
    insulin: Name,
    meal: Name,
    remote_bolus: Name,
    pump_bolus: Name,
    noticed: Name,
    feels_low: Name,
    suspend: Name,
    resume: Name,
    rescue: Name,
    glucagon: Name,
    presses: Name,
    seconds: Name,
}

/// A patient with hardware and habits.
pub(crate) struct Wearer {
    setup: WearerSetup,
    patient: Patient,
    noise: SensorNoise,
    infusion: Option<Infusion>,
    ports: Ports,
    words: Words,
    meals: Vec<Planned>,
    luck: Keyed,
    eating_g: f64,
    expects_until: u64,
    took_bolus: bool,
    suspended: bool,
    noticing: bool,
    noticing_low: bool,
    low_since: Option<u64>,
    last_snack: Option<u64>,
    below_40_min: u32,
    glucagon_min: u32,
    helped: bool,
    outside: bool,
    /// People outside act for the wearer.
    taken_over: bool,
    hands: Hands,
    log: log::Read,
    /// When the wearer means to pair their devices anew [ns].
    renewal_at: u64,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    at: u64,
    carbs_g: f64,
    units: f64,
    dose: Dosing,
}

impl Wearer {
    pub(crate) fn new(
        setup: &WearerSetup,
        patient: Patient,
        noise: SensorNoise,
        luck: Keyed,
        view: View<'_>,
        node: u32,
    ) -> Self {
        let devices = &view.plan.setup.nodes[node as usize].devices;
        let find = |list: &[String], name: &str| list.iter().position(|p| p == name);
        let pump = setup.wiring.pump.map(|unit| &devices[unit].manifest);
        let cgm = setup.wiring.cgm.map(|unit| &devices[unit].manifest);
        let actuator = |name| pump.and_then(|m| find(&m.actuators, name)).map(|at| at as u32);
        let ports = Ports {
            basal: actuator("basal"),
            bolus: actuator("bolus"),
            reservoir: pump.and_then(|m| find(&m.sensors, "reservoir")),
            occlusion: pump.and_then(|m| find(&m.sensors, "occlusion")),
            glucose: cgm.and_then(|m| find(&m.sensors, "glucose")),
        };
        let ratio = patient.therapy().carb_ratio_g_per_u;
        let meals = setup.meals.iter().enumerate().map(|(i, meal)| {
            let carbs_g = meal.carbs.at(luck.uniform(1, i as u64), patient.weight_kg());
            Planned {
                at: (meal.at.at(luck.uniform(2, i as u64)).max(0.0) * MINUTE as f64) as u64,
                carbs_g,
                units: (carbs_g / ratio / 0.05).round() * 0.05,
                dose: meal.dose,
            }
        });
        Self {
            meals: meals.collect(),
            infusion: pump.map(|_| Infusion::new(setup.reservoir_u)),
            setup: setup.clone(),
            words: Words::of(view),
            patient,
            noise,
            ports,
            luck,
            eating_g: 0.0,
            expects_until: 0,
            took_bolus: false,
            suspended: false,
            noticing: false,
            noticing_low: false,
            low_since: None,
            last_snack: None,
            below_40_min: 0,
            glucagon_min: 0,
            helped: false,
            outside: false,
            taken_over: false,
            hands: Hands::default(),
            log: log::Read::default(),
            renewal_at: 0,
        }
    }

    fn later(&self, node: &mut Node, at: u64, doing: Doing, view: View<'_>, out: &mut Outbox) {
        node.wake(at, What::Person, 0, doing.slot(), view, out);
    }

    /// A rate beyond the prescription ends when what it delivered has used up a dose limit: the
    /// envelope is held where insulin leaves, whatever the device believes.
    fn hold_to_limits(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let (Some(unit), Some(port)) = (self.setup.wiring.pump, self.ports.basal) else { return };
        let Some(infusion) = &mut self.infusion else { return };
        let hand = node.units[unit].own_hand();
        let Some(desk) = node.units[unit].desk() else { return };
        let prescribed = desk.dose.prescribed(port as usize);
        if infusion.basal_u_per_h() <= prescribed {
            return;
        }
        let Some(limit) = desk.dose.used_up(now, port as usize) else { return };
        infusion.set_basal(now, prescribed, 0.0);
        if view.recording {
            let entry = desk.limited(now, &hand, (port, prescribed), limit);
            out.lent.entries.push(entry);
        }
    }

    fn vitals(&mut self, id: u32, now: u64, view: View<'_>, out: &mut Outbox) {
        let outside = !self.patient.is_within_domain();
        if view.recording {
            let subject = self.setup.name;
            let mut say = |object, value| {
                out.lent.entries.push(Entry {
                    subject,
                    object,
                    value,
                    ..entry(id, now, Kind::Vital)
                });
            };
            say(self.words.glucose, self.patient.glucose_mg_dl());
            say(self.words.plasma_insulin, self.patient.plasma_insulin_pmol_l());
            if outside && !self.outside {
                out.lent.entries.push(Entry { subject, ..entry(id, now, Kind::Outside) });
            }
        }
        self.outside |= outside;
    }

    fn refresh_sensors(&mut self, node: &mut Node, now: u64) {
        let mut set = |unit: Option<usize>, port: Option<usize>, value: f64| {
            if let (Some(unit), Some(port)) = (unit, port)
                && let Some(desk) = node.units[unit].desk()
            {
                desk.sensors[port] = Some(value);
            }
        };
        if let Some(infusion) = &self.infusion {
            set(self.setup.wiring.pump, self.ports.reservoir, infusion.reservoir_u);
            set(self.setup.wiring.pump, self.ports.occlusion, infusion.missed_u);
        }
        if (now / MINUTE).is_multiple_of(5) {
            let reading = self.noise.reading(self.patient.glucose_mg_dl());
            set(self.setup.wiring.cgm, self.ports.glucose, reading);
        }
    }

    fn press(
        &self,
        node: &mut Node,
        unit: usize,
        input: &str,
        value: f64,
        (now, cause): (u64, u64),
        view: View<'_>,
    ) {
        let manifest = &view.plan.setup.nodes[node.id as usize].devices[unit].manifest;
        let Some(input) = manifest.inputs.iter().position(|i| i == input) else { return };
        // The bedside is away from its node while it acts, so that what the device sets in answer
        // is applied when it is back.
        let hand = Hand { cause, origin: Origin::Person, ..Hand::default() };
        node.runs(Errand::Press(Pressed { unit, input: input as u32, value, at: now, hand }));
    }

    fn acted(&self, id: u32, now: u64, verb: Name, value: f64, view: View<'_>, out: &mut Outbox) {
        if view.recording {
            let (subject, origin) = (self.setup.name, Origin::Person);
            out.lent.entries.push(Entry {
                subject,
                verb,
                value,
                origin,
                ..entry(id, now, Kind::Act)
            });
        }
    }
}

impl Bedside for Wearer {
    fn start(&mut self, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        self.refresh_sensors(node, 0);
        self.vitals(node.id, 0, view, out);
        let (presses, seconds) = view.plan.arm.pairing;
        self.spend(node.id, 0, (presses, seconds), view, out);
        self.plan_renewal(node, 0, view, out);
        node.wake(MINUTE, What::Patient, 0, 0, view, out);
        for meal in 0..self.meals.len() {
            self.later(node, self.meals[meal].at, Doing::Eat(meal as u8), view, out);
        }
        self.reads_log_next(node, 0, view, out);
        if let Some((from, until)) = self.setup.occluded {
            let at = |min: f64| (min * MINUTE as f64) as u64;
            self.later(node, at(from), Doing::Occlude(true), view, out);
            self.later(node, at(until), Doing::Occlude(false), view, out);
        }
    }

    /// A minute is over.
    fn due(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let now = key.at;
        let units = self.infusion.as_mut().map_or(0.0, |infusion| infusion.deliver(now));
        let glucagon = if self.glucagon_min > 0 { GLUCAGON.0 } else { 0.0 };
        self.glucagon_min = self.glucagon_min.saturating_sub(1);
        self.patient.step(std::mem::take(&mut self.eating_g), units, glucagon);
        if view.recording {
            let entry = entry(node.id, now, Kind::Deliver);
            let (subject, object) = (self.setup.name, self.words.insulin);
            out.lent.entries.push(Entry { subject, object, value: units, ..entry });
            let forged = self.infusion.as_mut().map_or(0.0, |infusion| infusion.forged_of(units));
            if forged > 0.0 {
                let (value, origin) = (forged, Origin::Adversary);
                out.lent.entries.push(Entry { subject, object, value, origin, ..entry });
            }
        }
        self.vitals(node.id, now, view, out);
        self.refresh_sensors(node, now);
        if let Some(unit) = self.setup.wiring.pump
            && let (Some(infusion), Some(desk)) = (&self.infusion, node.units[unit].desk())
        {
            desk.dose.deliver(now, units);
            desk.dose.pending_u = infusion.pending_u();
        }
        self.hold_to_limits(node, now, view, out);
        self.feel(node, now, view, out);
        node.wake(now + MINUTE, What::Patient, 0, 0, view, out);
    }

    fn set(&mut self, node: &mut Node, set: Set, at: u64, _: View<'_>, _: &mut Outbox) {
        let Set { unit, port, value, forged } = set;
        let Some(infusion) =
            self.infusion.as_mut().filter(|_| self.setup.wiring.pump == Some(unit))
        else {
            return;
        };
        if Some(port) == self.ports.basal {
            let desk = node.units[unit].desk();
            let prescribed = desk.map_or(0.0, |desk| desk.dose.prescribed(port as usize));
            infusion.set_basal(at, value, if forged { value - prescribed } else { 0.0 });
        } else if Some(port) == self.ports.bolus {
            infusion.set_bolus(at, value, forged);
        }
        if let Some(desk) = node.units[unit].desk() {
            desk.dose.pending_u = infusion.pending_u();
        }
    }

    fn act(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        self.does(node, key, view, out);
    }

    fn in_hand(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        self.handles(node, key, view, out);
    }

    fn alarm(
        &mut self,
        node: &mut Node,
        alarm: Alarm,
        (at, _): (u64, Hand),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        self.hears(node, alarm, at, view, out);
    }

    fn expects_from(&mut self, at: u64) {
        self.expects_until = at + EXPECTED_NS;
    }

    fn spend(
        &self,
        id: u32,
        now: u64,
        (presses, seconds): (f64, f64),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if !view.recording || (presses <= 0.0 && seconds <= 0.0) {
            return;
        }
        for (verb, value) in [(self.words.presses, presses), (self.words.seconds, seconds)] {
            let subject = self.setup.name;
            out.lent.entries.push(Entry { subject, verb, value, ..entry(id, now, Kind::Effort) });
        }
    }

    fn told(&self, id: u32, now: u64, word: &str, view: View<'_>, out: &mut Outbox) {
        let verb: Name = view.plan.setup.names.find(word).unwrap_or_default();
        self.acted(id, now, verb, 0.0, view, out);
    }
}

impl Words {
    fn of(view: View<'_>) -> Self {
        let find = |text| view.plan.setup.names.find(text).unwrap_or_default();
        Self {
            glucose: find("glucose"),
            plasma_insulin: find("plasma-insulin"),
            insulin: find("insulin"),
            meal: find("meal"),
            remote_bolus: find("bolus-by-remote"),
            pump_bolus: find("bolus-at-pump"),
            noticed: find("noticed"),
            feels_low: find("feels-low"),
            suspend: find("suspend"),
            resume: find("resume"),
            rescue: find("rescue-carbs"),
            glucagon: find("glucagon"),
            presses: find("key-presses"),
            seconds: find("seconds"),
        }
    }
}
