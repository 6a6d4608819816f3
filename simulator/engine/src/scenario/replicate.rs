//! Beds by rule: one written bed stands for many.
//!
//! `[replicate.bed]` with `count = 12` makes the patients `bed-01` to `bed-12`, each with the devices and
//! links that the rule writes once: `bed-01-pump`, `bed-01-rf`. Inside a rule a name is the bed's own if the rule has
//! it, with the rule's own name for the patient; any other is shared by all beds. Outside, a bed's things are named in full, and
//! `bed-*-pump` is that of every bed: in lists one after the other, in a step one step for each bed. What a scenario writes in full
//! stands in the place of what the rule of its site makes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{Device, Link, Patient, Scenario, ScenarioError};
use crate::device::Value;

mod check;
mod stars;
#[cfg(test)]
mod tests;

/// The most devices of a scenario with rules.
pub(crate) const MAX_DEVICES: u64 = 20_000;

/// A bed of which there are many.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replicate {
    /// How many.
    #[schemars(with = "Option<u32>")]
    pub count: Option<Spanned<i64>>,
    /// Who lies in each; their devices name them by the rule's name.
    pub patient: Option<Patient>,
    /// The devices of each, by a name that is theirs within the bed. `{n}` in a text of their config is
    /// the bed's number.
    #[serde(default)]
    pub device: BTreeMap<String, Device>,
    /// The links of each.
    #[serde(default)]
    pub link: BTreeMap<String, Link>,
    /// Config that counts up from bed to bed, by device and key: the first bed's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, f64>>")]
    pub first: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, f64>>,
}

/// What lies under the scenario's own words: the rules of its site, and what it writes in full itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Under {
    rules: BTreeSet<String>,
    written: BTreeSet<String>,
}

impl Scenario {
    /// Lays the rules over those of `site`: a count or a patient in the place of the site's, a device or a
    /// link beside them.
    pub(super) fn lay_rules(&mut self, site: &mut Self) {
        self.under.rules = site.replicate.keys().map(|rule| rule.get_ref().clone()).collect();
        let names = self.patient.keys().chain(self.device.keys()).chain(self.link.keys());
        self.under.written = names.cloned().collect();
        for (name, rule) in std::mem::take(&mut self.replicate) {
            match site.replicate.get_mut(&name) {
                Some(there) => rule.over(there),
                None => drop(site.replicate.insert(name, rule)),
            }
        }
        self.replicate = std::mem::take(&mut site.replicate);
    }

    /// The scenario (already laid over its site) with every bed written in full.
    ///
    /// # Errors
    /// When a rule cannot be followed: every mistake in it, with its place.
    pub fn replicated(mut self) -> Result<Self, Vec<ScenarioError>> {
        let rules = std::mem::take(&mut self.replicate);
        let mut work = Work { rules: &rules, errors: Vec::new() };
        work.check(&self);
        if work.errors.is_empty() {
            for (name, rule) in &rules {
                work.beds(name, rule, &mut self);
            }
            stars::write_out(&rules, &mut self, &mut work.errors);
        }
        let errors = work.errors;
        self.replicate = rules;
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// How a message about one bed reads of any: so that a mistake in a rule is told once.
    pub(crate) fn of_any_bed(&self, message: &str) -> String {
        let mut message = message.to_owned();
        for rule in self.replicate.keys() {
            let start = format!("`{}-", rule.get_ref());
            let parts: Vec<&str> = message.split(&start).collect();
            let bare =
                |part: &&str| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
            let rest: Vec<String> = parts[1..].iter().map(bare).collect();
            message =
                std::iter::once(parts[0].to_owned()).chain(rest).collect::<Vec<_>>().join(&start);
        }
        message
    }
}

impl Replicate {
    fn over(self, there: &mut Self) {
        there.count = self.count.or(there.count.take());
        there.patient = self.patient.or(there.patient.take());
        there.device.extend(self.device);
        there.link.extend(self.link);
        there.first.extend(self.first);
    }

    fn beds(&self) -> u32 {
        self.count.as_ref().map_or(0, |count| u32::try_from(*count.get_ref()).unwrap_or(0))
    }

    /// The number of a bed as names have it: `07` of 12, `0007` of 3,000.
    fn number(&self, bed: u32) -> String {
        let digits = self.beds().to_string().len().max(2);
        format!("{bed:0digits$}")
    }

    fn number_of_things(&self) -> usize {
        self.device.len() + self.link.len() + usize::from(self.patient.is_some())
    }
}

/// One bed: its name, and what is its own.
struct Bed<'a> {
    rule: &'a str,
    own: &'a Replicate,
    number: String,
}

impl Bed<'_> {
    fn thing(&self, local: &str) -> String {
        format!("{}-{}-{local}", self.rule, self.number)
    }

    fn patient(&self) -> String {
        format!("{}-{}", self.rule, self.number)
    }

    /// The device that `name` means in this bed: its own, or one that beds share.
    fn means(&self, name: &mut Spanned<String>) {
        if self.own.device.contains_key(name.get_ref()) {
            *name.get_mut() = self.thing(name.get_ref());
        }
    }

    /// Who lies here, with what is keyed in at the bed's own devices.
    fn lies(&self, written: &Patient) -> Patient {
        let mut patient = written.clone();
        patient.orders.iter_mut().for_each(|order| self.means(&mut order.device));
        patient
    }

    fn device(&self, written: &Device, index: u32, local: &str) -> Device {
        let mut device = written.clone();
        if let Some(patient) = device.patient.as_mut().filter(|p| p.get_ref() == self.rule) {
            *patient.get_mut() = self.patient();
        }
        device.peers.values_mut().chain(&mut device.updates).for_each(|name| self.means(name));
        device.within = Some(self.thing(""));
        for text in device.config.values_mut() {
            if let Value::Text(text) = text {
                *text = text.replace("{n}", &self.number);
            }
        }
        let counted = self.own.first.iter().filter(|(of, _)| of.get_ref() == local);
        for (key, first) in counted.flat_map(|(_, keys)| keys) {
            let value = Value::Number(first + f64::from(index));
            device.config.insert(key.get_ref().clone(), value);
        }
        device
    }

    fn link(&self, written: &Link) -> Link {
        let mut link = written.clone();
        link.nodes.iter_mut().for_each(|node| self.means(node));
        link
    }
}

/// Rules by name.
type Rules = BTreeMap<Spanned<String>, Replicate>;

struct Work<'a> {
    rules: &'a Rules,
    errors: Vec<ScenarioError>,
}

impl Work<'_> {
    fn refuse<T>(&mut self, at: &Spanned<T>, message: String, help: impl Into<String>) {
        self.errors.push(ScenarioError::at(at, message, help));
    }

    /// Writes all beds of a rule.
    fn beds(&mut self, name: &Spanned<String>, own: &Replicate, into: &mut Scenario) {
        let rule = name.get_ref();
        for index in 0..own.beds() {
            let bed = Bed { rule, own, number: own.number(index + 1) };
            if let Some(patient) = &own.patient {
                let at = &patient.model;
                let there = (&mut into.patient, &into.under);
                self.put(rule, at, bed.patient(), bed.lies(patient), there);
            }
            for (local, device) in &own.device {
                let (at, there) = (&device.model, (&mut into.device, &into.under));
                let made = bed.device(device, index, local);
                self.put(rule, at, bed.thing(local), made, there);
            }
            for (local, link) in &own.link {
                let there = (&mut into.link, &into.under);
                self.put(rule, &link.medium, bed.thing(local), bed.link(link), there);
            }
            if !self.errors.is_empty() {
                return;
            }
        }
    }

    /// Puts what a rule makes where nothing is; what the scenario wrote over its site's rule stays.
    fn put<T>(
        &mut self,
        rule: &str,
        at: &Spanned<String>,
        name: String,
        made: T,
        (there, under): (&mut BTreeMap<String, T>, &Under),
    ) {
        let is_meant = under.rules.contains(rule) && under.written.contains(&name);
        match there.entry(name) {
            Entry::Vacant(place) => drop(place.insert(made)),
            Entry::Occupied(_) if is_meant => {}
            Entry::Occupied(place) => {
                let message =
                    format!("rule `{rule}` makes `{}`, which is there already", place.key());
                self.refuse(at, message, "give one of the two another name");
            }
        }
    }
}
