//! The wearer: feels and notices, eats, doses, suspends and resumes.
//!
//! All by the habits drawn for the trial and the devices at hand; once people outside act at the
//! bedside, responses are left to them.

use super::{Alarm, EXPECTED_NS, GLUCAGON, Planned, Wearer};
use crate::bedside::Bedside;
use crate::device::{Setting, Value};
use crate::node::{Node, Outbox, View, entry};
use crate::people::{Doing, Dosing, effort};
use crate::queue::Key;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind};

/// How long a wearer waits for the pump's beep after dosing from the remote [ns] [E].
const CHECK_NS: u64 = 60_000_000_000;
/// Pause between two rescue snacks [ns] (models.md 1.8).
const SNACK_NS: u64 = 15 * MINUTE;
/// Key presses and seconds of a PIN of four digits [E].
const PIN_EFFORT: (f64, f64) = (4.0, 3.0);
/// Unconsciousness: below this [mg/dL] for so many minutes (models.md 1.8).
const UNCONSCIOUS: (f64, u32) = (40.0, 10);

impl Wearer {
    pub(super) fn is_asleep(&self, now: u64) -> bool {
        let hour = self.setup.start_clock_h + now as f64 / (60.0 * MINUTE as f64);
        self.setup.habits.asleep(hour % 24.0)
    }

    /// What the wearer feels of their own glucose while awake (models.md 1.8).
    pub(super) fn feel(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let glucose = self.patient.glucose_mg_dl();
        let habits = &self.setup.habits;
        self.below_40_min = if glucose < UNCONSCIOUS.0 { self.below_40_min + 1 } else { 0 };
        if self.below_40_min >= UNCONSCIOUS.1 && !self.helped {
            self.helped = true;
            let companion =
                if self.is_asleep(now) { habits.companion_asleep } else { habits.companion };
            if self.luck.uniform(3, now / MINUTE) < companion {
                self.glucagon_min = GLUCAGON.1;
                self.acted(node.id, now, self.words.glucagon, 0.0, view, out);
            }
        }
        if glucose >= habits.feels_below_mg_dl {
            self.low_since = None;
        } else if self.low_since.is_none() && !self.is_asleep(now) {
            self.low_since = Some(now);
            let slot = now / MINUTE;
            if self.luck.uniform(4, slot) < habits.feels_low(self.patient.id()) {
                let delay = habits.feel_delay.at(self.luck.uniform(5, slot));
                let at = now + (delay * MINUTE as f64) as u64;
                self.later(node, at, Doing::FeelLow, view, out);
            }
        }
    }

    /// The wearer does something.
    pub(super) fn does(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let now = key.at;
        let doing = Doing::of(key.slot);
        if self.is_unconscious() && !matches!(doing, Doing::Occlude(_)) {
            (self.noticing, self.noticing_low) = (false, false);
            return self.put_off(node, now, doing, view, out);
        }
        if self.taken_over && doing.is_response() {
            return self.leave_to_others(node.id, doing, now, view, out);
        }
        match doing {
            Doing::Eat(meal) => self.eat(node, now, meal, key.cause(), view, out),
            Doing::Check(meal) => self.check(node, now, meal, key.cause(), view, out),
            Doing::Noticed => self.noticed(node, now, key.cause(), view, out),
            Doing::Suspend => self.suspend(node, now, key.cause(), view, out),
            Doing::Resume => self.resume(node, now, key.cause(), view, out),
            Doing::NoticedLow => self.noticed_low(node, now, view, out),
            Doing::FeelLow => self.snack(node, now, view, out),
            Doing::ReadLog => self.read_log(node, now, view, out),
            Doing::Renew => self.renew(node, now, view, out),
            Doing::Paired => self.paired(node, now, view, out),
            Doing::Occlude(on) => {
                if let Some(infusion) = &mut self.infusion {
                    infusion.occluded = on;
                }
            }
            Doing::BolusByRemote | Doing::BolusAtPump => {}
        }
    }

    pub(super) fn is_unconscious(&self) -> bool {
        self.below_40_min >= UNCONSCIOUS.1
    }

    fn eat(
        &mut self,
        node: &mut Node,
        now: u64,
        meal: u8,
        cause: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Planned { carbs_g, units, dose, .. } = self.meals[meal as usize];
        self.eating_g += carbs_g;
        if dose != Dosing::None {
            self.log.dosed(units);
        }
        self.acted(node.id, now, self.words.meal, carbs_g, view, out);
        if dose != Dosing::None && view.recording {
            let due = entry(node.id, now, Kind::Due);
            let (subject, object) = (self.setup.name, self.words.insulin);
            out.lent.entries.push(Entry { subject, object, value: units, cause, ..due });
        }
        match (dose, self.setup.wiring.remote) {
            (Dosing::None, _) => {}
            (Dosing::Remote, Some(remote)) => {
                self.expects_until = now + EXPECTED_NS;
                self.took_bolus = false;
                self.acted(node.id, now, self.words.remote_bolus, units, view, out);
                self.spend(node.id, now, effort(Doing::BolusByRemote), view, out);
                self.unlock(node, remote, (now, cause), view, out);
                let (input, value) = keyed(node, remote, view, carbs_g, units);
                self.press(node, remote, input, value, (now, cause), view);
                self.later(node, now + CHECK_NS, Doing::Check(meal), view, out);
            }
            _ => self.dose_at_pump(node, now, meal, cause, view, out),
        }
    }

    /// Keys in the PIN of a remote that has one.
    fn unlock(
        &self,
        node: &mut Node,
        remote: usize,
        (now, cause): (u64, u64),
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let setup = &view.plan.setup.nodes[node.id as usize].devices[remote];
        let pin = setup.config.iter().find(|setting| setting.key == "pin");
        if let Some(Setting { value: Value::Number(pin), .. }) = pin {
            self.spend(node.id, now, PIN_EFFORT, view, out);
            self.press(node, remote, "pin", *pin, (now, cause), view);
        }
    }

    /// No beep since the remote was used: dose at the pump instead, and see to the remote.
    fn check(
        &mut self,
        node: &mut Node,
        now: u64,
        meal: u8,
        cause: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if !self.took_bolus {
            self.dose_at_pump(node, now, meal, cause, view, out);
            self.see_to_remote(node, now, view, out);
        }
    }

    fn dose_at_pump(
        &mut self,
        node: &mut Node,
        now: u64,
        meal: u8,
        cause: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let Some(pump) = self.setup.wiring.pump else { return };
        let carbs_g = self.meals[meal as usize].carbs_g;
        self.expects_until = now + EXPECTED_NS;
        self.acted(node.id, now, self.words.pump_bolus, carbs_g, view, out);
        self.spend(node.id, now, effort(Doing::BolusAtPump), view, out);
        self.press(node, pump, "carbs", carbs_g, (now, cause), view);
    }

    fn noticed(&mut self, node: &mut Node, now: u64, cause: u64, view: View<'_>, out: &mut Outbox) {
        self.noticing = false;
        self.acted(node.id, now, self.words.noticed, 0.0, view, out);
        self.suspend(node, now, cause, view, out);
        self.snack(node, now, view, out);
    }

    fn suspend(&mut self, node: &mut Node, now: u64, cause: u64, view: View<'_>, out: &mut Outbox) {
        let Some(pump) = self.setup.wiring.pump.filter(|_| !self.suspended) else { return };
        self.suspended = true;
        self.expects_until = now + EXPECTED_NS;
        self.acted(node.id, now, self.words.suspend, 0.0, view, out);
        self.spend(node.id, now, effort(Doing::Suspend), view, out);
        self.press(node, pump, "suspend", 1.0, (now, cause), view);
        let resume = now + (self.setup.habits.resume_after_min * MINUTE as f64) as u64;
        self.later(node, resume, Doing::Resume, view, out);
    }

    fn resume(&mut self, node: &mut Node, now: u64, cause: u64, view: View<'_>, out: &mut Outbox) {
        let Some(pump) = self.setup.wiring.pump.filter(|_| self.suspended) else { return };
        self.suspended = false;
        self.noticing = false;
        self.expects_until = now + EXPECTED_NS;
        self.acted(node.id, now, self.words.resume, 0.0, view, out);
        self.spend(node.id, now, effort(Doing::Resume), view, out);
        self.press(node, pump, "resume", 1.0, (now, cause), view);
    }

    /// Fast carbohydrate, again after a pause while glucose is below 70 mg/dL.
    fn snack(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let recently = self.last_snack.is_some_and(|at| now - at < SNACK_NS);
        if recently {
            return;
        }
        self.last_snack = Some(now);
        self.eating_g += self.setup.habits.rescue_carbs_g;
        let carbs = self.setup.habits.rescue_carbs_g;
        self.acted(node.id, now, self.words.rescue, carbs, view, out);
        if self.patient.glucose_mg_dl() < 70.0 {
            self.later(node, now + SNACK_NS, Doing::FeelLow, view, out);
        }
    }

    /// A device raised an alarm.
    pub(super) fn hears(
        &mut self,
        node: &mut Node,
        Alarm { unit, alarm, priority }: Alarm,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        if priority == 0 {
            return;
        }
        let Some(desk) = node.units[unit].desk() else { return };
        let name = desk.manifest.alarms.get(alarm as usize).map_or("", String::as_str);
        let habits = &self.setup.habits;
        let (doing, chance) = match name {
            "urgent-low" | "low-glucose" => (Doing::NoticedLow, habits.notices_alarm),
            "beep" if at <= self.expects_until => {
                self.took_bolus = true;
                return;
            }
            "beep" => (Doing::Noticed, habits.notices_beep),
            // A pump that stopped by itself is started again.
            "suspended" if at > self.expects_until => (Doing::Resume, habits.notices_beep),
            _ => return,
        };
        let slot = at / MINUTE;
        if self.luck.uniform(6, slot) >= chance || !self.is_free_for(doing) {
            return;
        }
        let habits = &self.setup.habits;
        let delay =
            if self.is_asleep(at) { habits.notice_delay_asleep } else { habits.notice_delay };
        let min = delay.at(self.luck.uniform(7, slot)).max(0.0);
        self.suspended |= doing == Doing::Resume;
        self.later(node, at + (min * MINUTE as f64) as u64, doing, view, out);
    }

    /// Whether the wearer is not already on the way to something of this kind; if so, they are now.
    fn is_free_for(&mut self, doing: Doing) -> bool {
        let busy = match doing {
            Doing::NoticedLow => &mut self.noticing_low,
            _ => &mut self.noticing,
        };
        !std::mem::replace(busy, true)
    }

    /// A device warned of a low: carbohydrate.
    fn noticed_low(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        self.noticing_low = false;
        self.acted(node.id, now, self.words.noticed, 0.0, view, out);
        self.snack(node, now, view, out);
    }
}

/// What a wearer keys in at a remote: what they eat, if it works out the dose, or else the dose.
fn keyed(
    node: &Node,
    remote: usize,
    view: View<'_>,
    carbs_g: f64,
    units: f64,
) -> (&'static str, f64) {
    let inputs = &view.plan.setup.nodes[node.id as usize].devices[remote].manifest.inputs;
    if inputs.iter().any(|input| input == "carbs") { ("carbs", carbs_g) } else { ("bolus", units) }
}
