//! What an arm came to, once it is over.

use std::collections::BTreeMap;

use super::*;
use crate::rules::Capability;

impl Measure {
    /// The outcome; `grants` is what the devices may do under the arm's pack, weighted.
    pub fn finish(mut self, grants: &BTreeMap<Capability, f64>) -> Outcome {
        let horizon = self.setup.horizon.as_minutes();
        let mut out = std::mem::take(&mut self.outcome);
        out.horizon_min = horizon;
        // What a component that was put in place then does is not another success of putting it.
        out.steps.iter_mut().for_each(|step| step.succeeded = step.succeeded.min(step.attempts));
        let set = |out: &mut Outcome, id: &str, value: f64| {
            out.metrics.insert(id.to_owned(), value);
        };
        set(&mut out, "INT-1.uca", self.uca as f64);
        set(&mut out, "INT-1.silent", self.silent as f64);
        set(&mut out, "INT-1.attempted", self.attempted as f64);
        set(&mut out, "INT-1.rejected", self.rejected as f64);
        set(&mut out, "INT-1.forged_u", self.forged_u);
        ratio(
            &mut out,
            "INT-1.uar",
            self.uca as f64,
            self.attempted as f64,
            "nothing was attempted",
        );
        ratio(
            &mut out,
            "INT-1.frr",
            self.rejected as f64,
            self.legitimate as f64,
            "no command was legitimate",
        );
        set(&mut out, "CON-1", self.disclosed as f64);
        set(&mut out, "COST.key_presses", self.presses);
        set(&mut out, "COST.seconds", self.seconds);
        let unused = grants.iter().filter(|(capability, _)| !self.used.contains(*capability));
        let unused: f64 = unused.map(|(_, weight)| weight).sum();
        if self.keep.used {
            let all = grants.values().sum();
            ratio(&mut out, "POL-1.op_emp", unused, all, "the pack grants nothing");
        } else {
            let why = "what an attack uses is not needed: see the clean arm";
            out.undefined.insert("POL-1.op_emp".to_owned(), why);
        }
        out.used = std::mem::take(&mut self.used);
        let due = |is: fn(f64, &Due) -> bool| {
            let of = |due: &&Due| due.served.is_some_and(|after| is(after, due));
            self.due.iter().filter(of).count() as f64
        };
        // A bolus runs at 1.5 U/min: a large one is not late because of its size.
        let soon = due(|after, due| after <= 10.0 + due.units / 1.5);
        let (ever, all) = (due(|after, _| after <= 60.0), self.due.len() as f64);
        ratio(&mut out, "AVL-2.served", soon, all, "no dose fell due");
        ratio(&mut out, "AVL-4.late", ever - soon, all, "no dose fell due");
        ratio(&mut out, "AVL-4.missed", all - ever, all, "no dose fell due");
        let served = self.due.iter().filter_map(|due| due.served);
        match served.reduce(f64::max) {
            Some(longest) => set(&mut out, "AVL-4.delay_min", longest),
            None => {
                out.undefined.insert("AVL-4.delay_min".to_owned(), "no dose that fell due arrived");
            }
        }
        for (name, up) in &self.down {
            let device = self.setup.names.text(*name);
            let open = up.down_since.map_or(0.0, |since| horizon - since);
            let down = up.down_min + open;
            ratio(
                &mut out,
                &format!("AVL-1.{device}"),
                horizon - down,
                horizon,
                "the run has no length",
            );
            set(&mut out, &format!("FAULT.{device}"), up.faults.values().sum::<u64>() as f64);
            if !up.faults.is_empty() {
                let (device, faults) = (device.to_owned(), up.faults.clone());
                out.faults.push(FaultOutcome { device, faults, down_min: down });
            }
        }
        self.moments.finish(&mut out);
        std::mem::take(&mut self.slots).finish(&mut out, &self.setup);
        std::mem::take(&mut self.logins).finish(&mut out, horizon * 60.0);
        std::mem::take(&mut self.clocks).finish(&mut out, &self.setup);
        std::mem::take(&mut self.network).finish(&mut out, &self.setup);
        self.screens.take().into_iter().for_each(|own| own.finish(&mut out, horizon * 60.0));
        self.alarms.take().into_iter().for_each(|own| own.finish(&mut out, horizon * 60.0));
        self.memory.take().into_iter().for_each(|memory| memory.finish(&mut out));
        self.hearts.take().into_iter().for_each(|hearts| hearts.finish(&mut out, &self.setup));
        out.strips = self.strips.take().map(Strips::finish).unwrap_or_default();
        if let Some(breathing) = self.breathing.take() {
            breathing.finish(&mut out, &self.setup, horizon);
        }
        for (name, person) in std::mem::take(&mut self.people) {
            finish_person(&mut out, self.setup.names.text(name), person);
        }
        for ((who, vital), points) in std::mem::take(&mut self.trends).finish() {
            let [who, vital] = [who, vital].map(|name| self.setup.names.text(name).to_owned());
            out.vitals.entry(who).or_default().insert(vital, points);
        }
        super::super::many::add(&mut out, &self.setup);
        out
    }
}

fn finish_person(out: &mut Outcome, who: &str, person: Person) {
    let g = person.glycaemia.summary();
    let mut set = |part: &str, value: f64| {
        out.metrics.insert(format!("SAF.{part}.{who}"), value);
    };
    set("severity", f64::from(g.severity));
    set("minutes_below_54", f64::from(g.minutes_below_54));
    set("minutes_below_70", f64::from(g.minutes_below_70));
    set("minutes_above_250", f64::from(g.minutes_above_250));
    set("time_in_range", g.time_in_range);
    set("outside_model", f64::from(u8::from(person.outside)));
    set("insulin_u", person.insulin.iter().sum());
    if person.outside {
        for part in ["min_glucose_mg_dl", "max_glucose_mg_dl"] {
            out.undefined
                .insert(format!("SAF.{part}.{who}"), "outside the model's domain of validity");
        }
    } else {
        set("min_glucose_mg_dl", g.min_mg_dl);
        set("max_glucose_mg_dl", g.max_mg_dl);
    }
    out.insulin.insert(who.to_owned(), person.insulin);
    out.glucose.insert(who.to_owned(), person.glucose);
}
