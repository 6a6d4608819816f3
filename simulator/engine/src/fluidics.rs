//! The hardware of an infusion pump: plunger, line, bags, what presses against it.
//!
//! The flow that software asks for is integrated exactly between changes and leaves in plunger steps
//! of 5 uL. After a set was put in, the plunger takes 20 s to find the piston. The line holds 1.5 mL and
//! passes it on in order: primed with drug it gives what it gets, else the carrier in it comes first, and
//! a second bag's fluid pushes the drug before it. A line that is shut takes `dP = dV/C` with
//! 1.5 uL/mmHg until the motor stalls; opened, it gives all of that at once. Shut above the pump, the
//! tube gives what it holds against the same compliance, until no chamber fills any more at half an
//! atmosphere. A second bag that hangs higher runs first, and the reservoir after it. An empty reservoir
//! gives air. Hardware limits, which no software can pass: the flow's, and what is in the reservoir. All
//! [E], after models.md 3.5.
//!
//! Volumes in uL inside, mL at the door; pressures in mmHg. Left out: siphoning, backflow, mixing in the
//! line, the motor's error, the weight of the column, warm-up of the fluid, drug in a second bag.

use std::collections::VecDeque;

/// What one turn of the screw moves [uL].
const STEP_UL: f64 = 5.0;
/// From a new set to the first drop [ns].
const START_UP_NS: u64 = 20_000_000_000;
/// What the line holds [uL].
const LINE_UL: f64 = 1500.0;
/// How much a shut line gives [uL/mmHg].
const COMPLIANCE_UL_PER_MMHG: f64 = 1.5;
/// An open line presses back so much [mmHg].
const OPEN_MMHG: f64 = 10.0;
/// Here the motor stalls: 20 psi [mmHg].
const STALL_MMHG: f64 = 1034.0;
/// No chamber fills against so much [mmHg].
const VACUUM_MMHG: f64 = 380.0;
const NS_PER_H: f64 = 3.6e12;

/// What came out of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Given {
    /// Drug that reached the patient [mL].
    pub(crate) drug_ml: f64,
    /// Of it, what nobody with a right to it ordered [mL].
    pub(crate) forged_ml: f64,
    /// Fluid that left the pump [mL].
    pub(crate) pumped_ml: f64,
}

/// One pump with its line.
#[derive(Clone, Debug)]
pub(crate) struct Fluidics {
    most_ml_per_h: f64,
    flow_ml_per_h: f64,
    forged_ml_per_h: f64,
    since_ns: u64,
    /// When the plunger found the piston; none before it first ran.
    found_ns: Option<u64>,
    /// Turned and not yet a whole step [uL].
    turned_ul: f64,
    /// Of that, what nobody ordered [uL].
    turned_forged_ul: f64,
    /// Of what is in the line, or held before it, what nobody ordered [uL].
    forged_ul: f64,
    reservoir_ul: f64,
    /// A second bag that hangs higher.
    second_ul: f64,
    /// What is in the line, the next to come out first: volume, and whether it is drug.
    line: VecDeque<(f64, bool)>,
    held_ul: f64,
    is_shut: bool,
    /// Taken from the tube above the pump and not followed by anything [uL].
    drawn_ul: f64,
    is_shut_above: bool,
    pumped_ul: f64,
    air_ul: f64,
}

impl Fluidics {
    /// A pump that gives at most `most_ml_per_h`, with a full reservoir and a line that is primed
    /// with drug, or holds carrier.
    pub(crate) fn new(most_ml_per_h: f64, reservoir_ml: f64, is_primed: bool) -> Self {
        Self {
            most_ml_per_h,
            flow_ml_per_h: 0.0,
            forged_ml_per_h: 0.0,
            since_ns: 0,
            found_ns: None,
            turned_ul: 0.0,
            turned_forged_ul: 0.0,
            forged_ul: 0.0,
            reservoir_ul: 1000.0 * reservoir_ml,
            second_ul: 0.0,
            line: [(LINE_UL, is_primed)].into(),
            held_ul: 0.0,
            is_shut: false,
            drawn_ul: 0.0,
            is_shut_above: false,
            pumped_ul: 0.0,
            air_ul: 0.0,
        }
    }

    /// Runs at `ml_per_h` from now on, of which `forged` nobody with a right to it ordered.
    pub(crate) fn set_flow(&mut self, now_ns: u64, ml_per_h: f64, forged: f64) {
        self.turn(now_ns);
        self.flow_ml_per_h = ml_per_h.clamp(0.0, self.most_ml_per_h);
        self.forged_ml_per_h = forged.clamp(0.0, self.flow_ml_per_h);
        if self.flow_ml_per_h > 0.0 {
            self.found_ns.get_or_insert(now_ns + START_UP_NS);
        }
    }

    pub(crate) const fn flow_ml_per_h(&self) -> f64 {
        self.flow_ml_per_h
    }

    /// Somebody kinks the line, or opens it.
    pub(crate) const fn shut(&mut self, is_shut: bool) {
        self.is_shut = is_shut;
    }

    /// Somebody kinks the tube above the pump, or opens it.
    pub(crate) const fn shut_above(&mut self, is_shut: bool) {
        self.is_shut_above = is_shut;
        if !is_shut {
            self.drawn_ul = 0.0;
        }
    }

    /// Somebody hangs a second bag of a fluid without the drug above the first.
    pub(crate) fn hang_second(&mut self, ml: f64) {
        self.second_ul += 1000.0 * ml.max(0.0);
    }

    fn turn(&mut self, now_ns: u64) {
        let from = self.found_ns.unwrap_or(u64::MAX).max(self.since_ns);
        let hours = now_ns.saturating_sub(from) as f64 / NS_PER_H;
        self.since_ns = now_ns;
        self.turned_ul += 1000.0 * self.flow_ml_per_h * hours;
        self.turned_forged_ul += 1000.0 * self.forged_ml_per_h * hours;
    }

    /// Turns until now and says what came of it since the last call.
    pub(crate) fn deliver(&mut self, now_ns: u64) -> Given {
        self.turn(now_ns);
        // The slack keeps a step that is due by the last bit of a sum from waiting.
        let steps = (self.turned_ul / STEP_UL + 1e-9).floor();
        let is_stalled = self.is_shut && self.pressure_mmhg() >= STALL_MMHG;
        let stepped_ul = (steps * STEP_UL).min(self.turned_ul);
        let forged_ul = self.turned_forged_ul * stepped_ul / self.turned_ul.max(STEP_UL);
        self.turned_ul -= stepped_ul;
        self.turned_forged_ul -= forged_ul;
        let moved_ul = if is_stalled { 0.0 } else { steps * STEP_UL };
        self.pumped_ul += moved_ul;
        // A chamber that does not fill moves nothing, and its motor turns.
        let is_void = self.is_shut_above && -self.above_mmhg() >= VACUUM_MMHG;
        let moved_ul = if is_void { 0.0 } else { moved_ul };
        // What nothing came of was nobody's dose.
        self.forged_ul += if moved_ul > 0.0 { forged_ul } else { 0.0 };
        let fluid_ul = if moved_ul > 0.0 { self.drawn_from_above(moved_ul) } else { 0.0 };
        let drug_ul = self.at_the_far_end(fluid_ul);
        let forged_ul = self.forged_ul.min(drug_ul);
        self.forged_ul -= forged_ul;
        Given {
            drug_ml: drug_ul / 1000.0,
            forged_ml: forged_ul / 1000.0,
            pumped_ml: moved_ul / 1000.0,
        }
    }

    /// What the plunger gets of `moved_ul` from bags and tube; it goes into the line.
    fn drawn_from_above(&mut self, moved_ul: f64) -> f64 {
        self.drawn_ul += if self.is_shut_above { moved_ul } else { 0.0 };
        let second_ul = moved_ul.min(self.second_ul);
        self.second_ul -= second_ul;
        let own_ul = (moved_ul - second_ul).min(self.reservoir_ul);
        self.reservoir_ul -= own_ul;
        self.air_ul += moved_ul - second_ul - own_ul;
        self.fills_line(second_ul, false);
        self.fills_line(own_ul, true);
        second_ul + own_ul
    }

    fn fills_line(&mut self, ul: f64, is_drug: bool) {
        match self.line.back_mut() {
            _ if ul <= 0.0 => {}
            Some(last) if last.1 == is_drug => last.0 += ul,
            _ => self.line.push_back((ul, is_drug)),
        }
    }

    /// What of the drug comes out at the far end when `fluid_ul` went into the line [uL].
    fn at_the_far_end(&mut self, fluid_ul: f64) -> f64 {
        if self.is_shut {
            self.held_ul += fluid_ul;
            return 0.0;
        }
        let mut out_ul = fluid_ul + std::mem::take(&mut self.held_ul);
        let mut drug_ul = 0.0;
        while let Some(next) = self.line.front_mut().filter(|_| out_ul > 0.0) {
            let ul = out_ul.min(next.0);
            (next.0, out_ul) = (next.0 - ul, out_ul - ul);
            drug_ul += if next.1 { ul } else { 0.0 };
            if next.0 <= 0.0 {
                self.line.pop_front();
            }
        }
        drug_ul
    }

    /// What the sensor at the line reads [mmHg].
    pub(crate) fn pressure_mmhg(&self) -> f64 {
        let open = if self.flow_ml_per_h > 0.0 { OPEN_MMHG } else { 0.0 };
        open + self.held_ul / COMPLIANCE_UL_PER_MMHG
    }

    /// What the sensor above the pump reads [mmHg]: below zero where nothing follows.
    pub(crate) fn above_mmhg(&self) -> f64 {
        -self.drawn_ul / COMPLIANCE_UL_PER_MMHG
    }

    /// What is left in the reservoir [mL].
    pub(crate) fn reservoir_ml(&self) -> f64 {
        self.reservoir_ul / 1000.0
    }

    /// What the encoder of the motor counted [mL].
    pub(crate) fn pumped_ml(&self) -> f64 {
        self.pumped_ul / 1000.0
    }

    /// Air that passed the sensor so far [uL].
    pub(crate) const fn air_ul(&self) -> f64 {
        self.air_ul
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn run(pump: &mut Fluidics, from_s: u64, to_s: u64) -> Given {
        let all = (from_s + 1..=to_s).map(|s| pump.deliver(s * S));
        all.fold(Given::default(), |sum, given| Given {
            drug_ml: sum.drug_ml + given.drug_ml,
            forged_ml: sum.forged_ml + given.forged_ml,
            pumped_ml: sum.pumped_ml + given.pumped_ml,
        })
    }

    #[test]
    fn a_flow_arrives_in_steps_that_add_up() {
        let mut pump = Fluidics::new(100.0, 30.0, true);
        pump.set_flow(0, 36.0, 0.0); // 10 uL a second, two steps
        assert!(run(&mut pump, 0, 20).drug_ml <= 0.0, "it starts up");
        let given = run(&mut pump, 20, 320);
        assert!((given.drug_ml - 3.0).abs() < 0.005, "{given:?}");
        pump.set_flow(320 * S, 1.0, 0.0);
        let (mut least, mut steps) = (f64::INFINITY, 0);
        for s in 321..=3920 {
            let ml = pump.deliver(s * S).drug_ml;
            if ml > 0.0 {
                (least, steps) = (least.min(ml), steps + 1);
            }
        }
        assert!((least - 0.005).abs() < 1e-12 && steps == 200, "{least} {steps}");
    }

    #[test]
    fn no_software_passes_the_limit_of_the_hardware() {
        let mut pump = Fluidics::new(100.0, 300.0, true);
        pump.set_flow(0, 1e9, 0.0);
        assert!((run(&mut pump, 0, 3620).drug_ml - 100.0).abs() < 0.01);
        pump.set_flow(3620 * S, -5.0, 0.0);
        assert!(run(&mut pump, 3620, 7200).drug_ml <= 0.005);
    }

    #[test]
    fn a_line_that_was_not_primed_gives_its_carrier_first() {
        let mut pump = Fluidics::new(100.0, 30.0, false);
        pump.set_flow(0, 1.0, 0.0);
        assert!(run(&mut pump, 0, 20 + 90 * 60).drug_ml < 0.005, "90 min at 1 mL/h");
        assert!((run(&mut pump, 20 + 90 * 60, 20 + 150 * 60).drug_ml - 1.0).abs() < 0.006);
    }

    #[test]
    fn a_shut_line_is_noticed_at_ten_psi_and_gives_all_of_it_when_it_opens() {
        let mut pump = Fluidics::new(100.0, 30.0, true);
        pump.set_flow(0, 1.0, 0.0);
        pump.shut(true);
        let minutes = (1..200).find(|m| {
            run(&mut pump, (m - 1) * 60, m * 60);
            pump.pressure_mmhg() >= 517.0
        });
        assert!(minutes.is_some_and(|m| (45..=48).contains(&m)), "{minutes:?}");
        let held_ml = pump.pumped_ml();
        assert!((held_ml - 0.77).abs() < 0.02, "{held_ml}");
        pump.shut(false);
        let at = minutes.expect("noticed") * 60;
        assert!((run(&mut pump, at, at + 1).drug_ml - held_ml).abs() < 0.006);
    }

    #[test]
    fn the_motor_stalls_before_the_line_bursts() {
        let mut pump = Fluidics::new(100.0, 30.0, true);
        pump.set_flow(0, 100.0, 0.0);
        pump.shut(true);
        assert!(run(&mut pump, 0, 3600).drug_ml <= 0.0);
        assert!(pump.pressure_mmhg() < STALL_MMHG + 30.0, "{}", pump.pressure_mmhg());
    }

    #[test]
    fn an_empty_reservoir_gives_air() {
        let mut pump = Fluidics::new(100.0, 1.0, true);
        pump.set_flow(0, 60.0, 0.0);
        let given = run(&mut pump, 0, 140);
        assert!((given.drug_ml - 1.0).abs() < 1e-9 && (given.pumped_ml - 2.0).abs() < 0.01);
        assert!((pump.air_ul() - 1000.0).abs() < 10.0 && pump.reservoir_ml() <= 0.0);
    }

    #[test]
    fn a_tube_that_is_shut_above_the_pump_is_drawn_empty_and_then_gives_nothing() {
        let mut pump = Fluidics::new(100.0, 30.0, true);
        pump.set_flow(0, 60.0, 0.0);
        run(&mut pump, 0, 80);
        pump.shut_above(true);
        let seconds = (80..200).find(|&s| {
            run(&mut pump, s, s + 1);
            pump.above_mmhg() <= -51.7
        });
        assert_eq!(seconds, Some(84), "0.078 mL at 1 mL a minute");
        let given = run(&mut pump, 85, 200);
        assert!((given.drug_ml - 0.495).abs() < 0.011, "until half an atmosphere: {given:?}");
        pump.shut_above(false);
        assert!(pump.above_mmhg() >= 0.0 && run(&mut pump, 200, 260).drug_ml > 0.99);
    }

    #[test]
    fn a_second_bag_pushes_the_drug_in_the_line_before_it_and_is_followed_by_the_first() {
        let mut pump = Fluidics::new(999.0, 30.0, true);
        pump.hang_second(10.0);
        pump.set_flow(0, 60.0, 0.0);
        let drug_ml = |pump: &mut Fluidics, from, to| run(pump, from, to).drug_ml;
        assert!((drug_ml(&mut pump, 0, 20 + 120) - 1.5).abs() < 1e-9, "what the line held");
        assert!(drug_ml(&mut pump, 140, 20 + 11 * 60) < 1e-9 && pump.reservoir_ml() < 29.001);
        assert!((drug_ml(&mut pump, 680, 680 + 90) - 1.0).abs() < 0.011);
    }

    #[test]
    fn what_was_forged_is_told_apart_when_it_arrives() {
        let mut pump = Fluidics::new(100.0, 30.0, true);
        pump.set_flow(0, 61.0, 60.0);
        let given = run(&mut pump, 0, 80);
        assert!((given.forged_ml - 1.0).abs() < 0.006, "{given:?}");
    }

    #[test]
    fn what_a_stalled_motor_does_not_move_takes_nothing_from_what_was_forged_before() {
        let mut pump = Fluidics::new(100.0, 30.0, true);
        pump.set_flow(0, 100.0, 50.0);
        pump.shut(true);
        assert!(run(&mut pump, 0, 600).drug_ml <= 0.0);
        pump.set_flow(600 * S, 0.0, 0.0);
        pump.shut(false);
        let given = run(&mut pump, 600, 601);
        assert!(given.drug_ml > 1.5, "what was held comes at once: {given:?}");
        assert!((given.forged_ml / given.drug_ml - 0.5).abs() < 0.01, "half of it: {given:?}");
    }
}
