//! What `*` stands for outside of rules: the bed's number, for every bed.

use std::collections::BTreeMap;

use toml::Spanned;

use super::check::has;
use super::{Replicate, Rules};
use crate::scenario::{Scenario, ScenarioError, Step};

/// The most names that `*` stands for, in all places together.
const MAX_NAMES: usize = 200_000;
/// The most steps, those of all beds counted.
const MAX_STEPS: usize = 20_000;

/// Writes out every `*` of `scenario`.
pub(super) fn write_out(rules: &Rules, scenario: &mut Scenario, errors: &mut Vec<ScenarioError>) {
    let mut stars = Stars { rules, named: 0, errors };
    for link in scenario.link.values_mut() {
        stars.list(&mut link.nodes, Of::Device);
    }
    for device in scenario.device.values_mut() {
        stars.peers(&mut device.peers);
    }
    for adversary in scenario.adversary.values_mut() {
        stars.list(&mut adversary.links, Of::Link);
        stars.list(&mut adversary.foothold, Of::Device);
        stars.list(&mut adversary.knows, Of::Device);
    }
    for account in scenario.account.values_mut() {
        stars.list(&mut account.devices, Of::Device);
    }
    stars.steps(&mut scenario.step);
}

/// What a name with `*` is a name of.
#[derive(Clone, Copy)]
enum Of {
    Device,
    Link,
}

struct Stars<'a, 'e> {
    rules: &'a Rules,
    named: usize,
    errors: &'e mut Vec<ScenarioError>,
}

/// A name with `*`, written out for one bed.
fn one(name: &Spanned<String>, number: &str) -> Spanned<String> {
    Spanned::new(name.span(), name.get_ref().replacen('*', number, 1))
}

fn has_star(name: &Spanned<String>) -> bool {
    name.get_ref().contains('*')
}

impl<'a> Stars<'a, '_> {
    fn refuse<T>(&mut self, at: &Spanned<T>, message: String, help: impl Into<String>) {
        self.errors.push(ScenarioError::at(at, message, help));
    }

    fn list(&mut self, names: &mut Vec<Spanned<String>>, of: Of) {
        if !names.iter().any(has_star) {
            return;
        }
        let mut all = Vec::new();
        for name in std::mem::take(names) {
            if !has_star(&name) {
                all.push(name);
                continue;
            }
            let Some(rule) = self.rule(&name, of) else { continue };
            self.named += rule.beds() as usize;
            if self.named > MAX_NAMES {
                let message = format!("`{}` stands for too many names", name.get_ref());
                return self.refuse(&name, message, format!("at most {MAX_NAMES} in a scenario"));
            }
            all.extend((1..=rule.beds()).map(|bed| one(&name, &rule.number(bed))));
        }
        *names = all;
    }

    /// One device that is the peer of every bed's: `"monitor-*" = "bed-*-monitor"`. The first plays `monitor`, the
    /// second `monitor-2`.
    fn peers(&mut self, peers: &mut BTreeMap<String, Spanned<String>>) {
        let of_beds: Vec<_> = peers.iter().filter(|(_, name)| has_star(name)).collect();
        let of_beds: Vec<_> = of_beds.into_iter().map(|(r, n)| (r.clone(), n.clone())).collect();
        for (role, name) in of_beds {
            peers.remove(&role);
            let Some(role) = role.strip_suffix("-*") else {
                let message = format!("`{role}` is one peer, and `{}` many", name.get_ref());
                let help =
                    format!("`\"{role}-*\" = \"{}\"`: the second is `{role}-2`", name.get_ref());
                self.refuse(&name, message, help);
                continue;
            };
            let Some(rule) = self.rule(&name, Of::Device) else { continue };
            let place = |bed| if bed == 1 { role.to_owned() } else { format!("{role}-{bed}") };
            peers.extend((1..=rule.beds()).map(|bed| (place(bed), one(&name, &rule.number(bed)))));
        }
    }

    /// The rule that `name` is about, if it has what `name` says.
    fn rule(&mut self, name: &Spanned<String>, of: Of) -> Option<&'a Replicate> {
        let (before, after) = name.get_ref().split_once('*')?;
        let rule = before.strip_suffix('-').and_then(|rule| {
            self.rules.iter().find(|(name, _)| name.get_ref() == rule).map(|(_, rule)| rule)
        });
        let Some(rule) = rule else {
            let message = format!("`{}` is of no rule", name.get_ref());
            let rules = self.rules.keys().map(|rule| format!("{}-*", rule.get_ref()));
            let help = has(rules.collect::<Vec<_>>().iter());
            self.refuse(name, message, format!("`*` is the number of a bed: {help}"));
            return None;
        };
        let local =
            after.strip_prefix('-').map(|local| local.strip_suffix(".serial").unwrap_or(local));
        let known = |name: &str| match of {
            Of::Device => rule.device.contains_key(name),
            Of::Link => rule.link.contains_key(name),
        };
        if !local.is_some_and(known) {
            let message = format!("`{}` is nothing that the rule makes", name.get_ref());
            let help = match of {
                Of::Device => has(rule.device.keys()),
                Of::Link => has(rule.link.keys()),
            };
            self.refuse(name, message, help);
            return None;
        }
        Some(rule)
    }

    /// A step with `*` becomes one for each bed, called `step-bed-01`; `after` another such step, it follows
    /// that of its own bed.
    fn steps(&mut self, steps: &mut Vec<Step>) {
        let mut all = Vec::new();
        let mut of_beds: BTreeMap<String, &'a Spanned<String>> = BTreeMap::new();
        for mut step in std::mem::take(steps) {
            match self.rule_of_step(&step) {
                None => all.push(step),
                Some((rule, beds)) if all.len() + beds.beds() as usize <= MAX_STEPS => {
                    of_beds.insert(step.id.get_ref().clone(), rule);
                    step.written = Some(step.id.get_ref().clone());
                    let numbers = (1..=beds.beds()).map(|bed| beds.number(bed));
                    all.extend(
                        numbers.map(|number| of_bed(&step, rule.get_ref(), &number, &of_beds)),
                    );
                }
                Some(_) => {
                    let message = format!("step `{}` is one of too many", step.id.get_ref());
                    return self.refuse(&step.id, message, format!("at most {MAX_STEPS} steps"));
                }
            }
        }
        *steps = all;
    }

    fn rule_of_step(&mut self, step: &Step) -> Option<(&'a Spanned<String>, &'a Replicate)> {
        let devices = [&step.to, &step.sender, &step.credential].into_iter().flatten();
        let all =
            devices.map(|name| (name, Of::Device)).chain(step.on.iter().map(|on| (on, Of::Link)));
        let mut found: Option<(&Spanned<String>, &Replicate)> = None;
        for (name, of) in all.filter(|(name, _)| has_star(name)).collect::<Vec<_>>() {
            let rule = self.rule(name, of)?;
            let named = self.rules.iter().find(|(_, own)| std::ptr::eq(*own, rule))?;
            if found.is_some_and(|(other, _)| other != named.0) {
                let message = format!("step `{}` is about beds of two rules", step.id.get_ref());
                self.refuse(name, message, "in one step, `*` is one number");
                return None;
            }
            found = Some(named);
        }
        found
    }
}

/// The step of one bed.
fn of_bed(
    step: &Step,
    rule: &str,
    number: &str,
    of_beds: &BTreeMap<String, &Spanned<String>>,
) -> Step {
    let mut step = step.clone();
    let own = format!("{}-{rule}-{number}", step.id.get_ref());
    *step.id.get_mut() = own;
    let names = [&mut step.to, &mut step.sender, &mut step.credential, &mut step.on];
    for name in names.into_iter().flatten() {
        *name = one(name, number);
    }
    if let Some(after) = &mut step.after
        && of_beds.get(after.get_ref()).is_some_and(|of| of.get_ref() == rule)
    {
        *after.get_mut() = format!("{}-{rule}-{number}", after.get_ref());
    }
    step
}
