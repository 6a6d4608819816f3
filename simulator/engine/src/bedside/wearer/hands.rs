//! What people outside do at a bedside: it takes hands and time, and goes through the devices.
//!
//! An act waits until hands are free, then takes its time, and takes effect at its end; a pump that
//! is being replaced stops when hands begin with it. Help comes after a delay and treats what it finds.
//!
//! Left out: what people get wrong (a wrong key, a wrong amount), and help that fails.

use super::{EXPECTED_NS, GLUCAGON, Wearer};
use crate::adversary::Spread;
use crate::bedside::Bedside;
use crate::build;
use crate::infusion::Infusion;
use crate::input::Action;
use crate::node::{Errand, Node, Outbox, View, entry};
use crate::people::Doing;
use crate::queue::{Key, What};
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Origin};

/// How far people are with an act: it was given, it takes effect, help arrives; hands begin with it.
const GIVEN: u16 = 0;
const DONE: u16 = 1;
const ARRIVED: u16 = 2;
const BEGUN: u16 = 3;
/// When help that was called arrives [min] [E].
const HELP: Spread = Spread::LogNormal(12.0, 0.4);
/// Below this true glucose, helpers give carbohydrate, or glucagon to who cannot swallow [mg/dL].
const TREATED_BELOW_MG_DL: f64 = 70.0;
/// What they give to eat [g].
const HELPERS_CARBS_G: f64 = 20.0;
/// Insulin in a spare pump [U] [E].
const SPARE_U: f64 = 300.0;

impl Wearer {
    /// An act of people outside begins, takes effect, or brings help.
    pub(super) fn handles(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        let Some(input) = view.inputs.get(key.slot as usize) else { return };
        match key.unit {
            GIVEN => self.given(node, key, input.action, view, out),
            DONE => self.done(node, key, input.action, view, out),
            BEGUN => self.take_pump_off(node),
            _ => self.help(node, key.at, key.cause(), view, out),
        }
    }

    fn given(
        &mut self,
        node: &mut Node,
        key: Key,
        action: Action,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        self.taken_over = true;
        let (begins, ends) = self.hands.take(key.at, &action);
        if action == Action::Watch {
            return;
        }
        if view.recording {
            let verb = view.plan.setup.names.find(action.word()).unwrap_or_default();
            let (cause, subject, value) = (key.cause(), self.setup.name, action.value());
            let origin = Origin::Person;
            let given = entry(node.id, key.at, Kind::Input);
            out.lent.entries.push(Entry { cause, subject, verb, value, origin, ..given });
        }
        self.spend(node.id, key.at, (action.key_presses(), action.seconds()), view, out);
        match action {
            Action::ReplacePump if begins == key.at => self.take_pump_off(node),
            Action::ReplacePump => node.wake(begins, What::Input, BEGUN, key.slot, view, out),
            _ => {}
        }
        node.wake(ends, What::Input, DONE, key.slot, view, out);
    }

    /// The old pump comes off the body: nothing is infused.
    fn take_pump_off(&mut self, node: &mut Node) {
        if let Some(pump) = self.setup.wiring.pump {
            self.infusion = None;
            node.runs(Errand::PowerOff(pump));
        }
    }

    fn done(
        &mut self,
        node: &mut Node,
        key: Key,
        action: Action,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let (now, cause) = (key.at, key.cause());
        match action {
            Action::Suspend => self.at_pump(node, "suspend", 1.0, (now, cause), view),
            Action::Resume => self.at_pump(node, "resume", 1.0, (now, cause), view),
            Action::Bolus { units } => {
                self.log.dosed(units);
                self.at_pump(node, "bolus", units, (now, cause), view);
            }
            Action::RemoteOff => self.at_pump(node, "remote", 0.0, (now, cause), view),
            Action::Eat { carbs_g } => self.swallow(node.id, now, carbs_g, view, out),
            Action::ReplacePump => self.put_on_spare(node, now),
            Action::CallForHelp => {
                let min = HELP.at(self.luck.uniform(8, u64::from(key.slot)));
                let at = now + (min * MINUTE as f64) as u64;
                node.wake(at, What::Input, ARRIVED, key.slot, view, out);
            }
            Action::StartStep { .. } | Action::Watch => {}
        }
    }

    fn at_pump(
        &mut self,
        node: &mut Node,
        input: &str,
        value: f64,
        when: (u64, u64),
        view: View<'_>,
    ) {
        let Some(pump) = self.setup.wiring.pump else { return };
        self.expects_until = when.0 + EXPECTED_NS;
        self.press(node, pump, input, value, when, view);
    }

    fn swallow(&mut self, id: u32, now: u64, carbs_g: f64, view: View<'_>, out: &mut Outbox) {
        if self.is_unconscious() {
            return self.told(id, now, "cannot-swallow", view, out);
        }
        self.eating_g += carbs_g;
        self.acted(id, now, self.words.rescue, carbs_g, view, out);
    }

    /// The spare, and what is paired with it anew.
    fn put_on_spare(&mut self, node: &mut Node, now: u64) {
        let Some(pump) = self.setup.wiring.pump else { return };
        self.infusion = Some(Infusion::starting(now, SPARE_U));
        let paired = [self.setup.wiring.remote, self.setup.wiring.cgm];
        let units = std::iter::once(pump).chain(paired.into_iter().flatten()).collect();
        let serial = (self.luck.bits(9, now) % 1_000_000) as f64;
        let prescription = build::prescription(&self.patient, &self.setup);
        node.runs(Errand::Replace { units, at: now, serial, prescription });
    }

    /// Helpers measure, treat a low, and stop the pump that may have caused it.
    fn help(&mut self, node: &mut Node, now: u64, cause: u64, view: View<'_>, out: &mut Outbox) {
        self.told(node.id, now, "help-arrives", view, out);
        if self.patient.glucose_mg_dl() >= TREATED_BELOW_MG_DL {
            return;
        }
        if self.is_unconscious() {
            self.glucagon_min = GLUCAGON.1;
            self.acted(node.id, now, self.words.glucagon, 0.0, view, out);
        } else {
            self.swallow(node.id, now, HELPERS_CARBS_G, view, out);
        }
        self.at_pump(node, "suspend", 1.0, (now, cause), view);
    }

    /// The wearer felt something, and others act for them.
    pub(super) fn leave_to_others(
        &mut self,
        id: u32,
        doing: Doing,
        now: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        (self.noticing, self.noticing_low) = (false, false);
        if doing == Doing::FeelLow {
            self.acted(id, now, self.words.feels_low, 0.0, view, out);
        }
    }
}
