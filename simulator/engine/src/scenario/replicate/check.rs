//! What a rule may not say.

use toml::Spanned;

use super::{MAX_DEVICES, Replicate, Work};
use crate::scenario::Scenario;

impl Work<'_> {
    /// Checks every rule, before anything is made from it.
    pub(super) fn check(&mut self, scenario: &Scenario) {
        let mut devices = scenario.device.len() as u64;
        for (name, rule) in self.rules {
            self.check_count(name, rule);
            self.check_names(name, rule);
            self.check_first(name, rule);
            devices += u64::from(rule.beds()) * rule.device.len().max(rule.link.len()) as u64;
            if devices > MAX_DEVICES && self.errors.is_empty() {
                let at = rule.count.as_ref().map_or(name.span(), Spanned::span);
                let message = format!("`{}` makes {devices} devices or links", name.get_ref());
                let help = format!("at most {MAX_DEVICES} in a scenario");
                self.refuse(&Spanned::new(at, ()), message, help);
                return;
            }
        }
    }

    fn check_count(&mut self, name: &Spanned<String>, rule: &Replicate) {
        let text = name.get_ref();
        match &rule.count {
            None => {
                let message = format!("`[replicate.{text}]` does not say how many");
                self.refuse(name, message, "`count = 12`");
            }
            Some(count) if !(1..=MAX_DEVICES as i64).contains(count.get_ref()) => {
                let message = format!("`{text}` is to be there {} times", count.get_ref());
                self.refuse(count, message, format!("from 1 to {MAX_DEVICES} times"));
            }
            Some(_) if rule.number_of_things() == 0 => {
                let message = format!("`[replicate.{text}]` makes nothing");
                self.refuse(name, message, format!("write `[replicate.{text}.device.pump]`"));
            }
            Some(_) => {}
        }
    }

    fn check_names(&mut self, name: &Spanned<String>, rule: &Replicate) {
        let text = name.get_ref();
        let devices = rule.device.iter().map(|(name, device)| (name, &device.model));
        let names = devices.chain(rule.link.iter().map(|(name, link)| (name, &link.medium)));
        for (own, at) in names.filter(|(own, _)| own.contains('*') || own.is_empty()) {
            let message = format!("`{text}` makes something called `{own}`");
            self.refuse(at, message, "a name without `*`: outside a rule it stands for every bed");
        }
        if text.contains('*') || text.is_empty() {
            self.refuse(name, format!("a rule is called `{text}`"), "a name without `*`");
        }
        for device in rule.device.values() {
            let (patient, has) = (device.patient.as_ref(), rule.patient.is_some());
            if let Some(patient) = patient.filter(|p| p.get_ref() == text && !has) {
                let message = format!("nobody lies in `{text}`");
                self.refuse(patient, message, format!("write `[replicate.{text}.patient]`"));
            }
        }
        let nodes = rule.link.values().flat_map(|link| &link.nodes);
        let peers = rule.device.values().flat_map(|device| device.peers.values());
        for name in nodes.chain(peers).filter(|name| name.get_ref().contains('*')) {
            let message = format!("`{}` inside a rule", name.get_ref());
            let help = "inside a rule, name the bed's own; put what joins beds outside of it";
            self.refuse(name, message, help);
        }
    }

    fn check_first(&mut self, name: &Spanned<String>, rule: &Replicate) {
        for (of, keys) in &rule.first {
            let Some(device) = rule.device.get(of.get_ref()) else {
                let message = format!("`{}` has no device `{}`", name.get_ref(), of.get_ref());
                self.refuse(of, message, has(rule.device.keys()));
                continue;
            };
            for (key, first) in keys {
                if device.config.contains_key(key.get_ref()) {
                    let message = format!("config `{}` is there twice", key.get_ref());
                    self.refuse(key, message, "either in `config`, or in `first`");
                } else if !(first.is_finite() && first.abs() <= 1e15) {
                    let message = format!("config `{}` begins at {first}", key.get_ref());
                    self.refuse(key, message, "a number from -1e15 to 1e15");
                }
            }
        }
    }
}

/// What may be named instead.
pub(super) fn has<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "it has none".to_owned()
    } else {
        format!("it has: {}", names.join(", "))
    }
}
