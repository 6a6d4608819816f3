//! Adversaries and their steps: names to indices, words to acts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use medtwin_frames::Kind;
use toml::Spanned;

use super::{Library, Places, known};
use crate::adversary::{
    Act, Amount, Arguments, Code, Flood, Intention, Interference, Meddling, Pair, Position, Repeat,
    Secret, Spread, Step, Target, Trigger,
};
use crate::device::{Recipe, Value};
use crate::plan::NodeSetup;
use crate::scenario::{Number, Scenario, ScenarioError, Step as Written};
use crate::trace::{Name, Names};

const ACTS: &str = "listen, crack, inject, replay, drop, jam, delay, alter, use-credential, press, install, flash, log-in, break-glass, read-storage, write-storage, cut-power, flood, spoof-time";

/// How many keys an adversary tries in a second: all 65,536 in four minutes, as the catalogue's
/// "minutes" [E].
const TRIES_PER_S: f64 = 300.0;

/// What fits into a record that an adversary writes [bytes]: as much as a device may keep by default.
const MOST_TEXT: usize = 16_384;

struct Reader<'a> {
    scenario: &'a Scenario,
    nodes: &'a [NodeSetup],
    places: &'a Places,
    library: &'a dyn Library,
    artefacts: Vec<Arc<dyn Recipe>>,
    errors: &'a mut Vec<ScenarioError>,
    /// Steps by id; of two that are called the same, the first.
    numbers: BTreeMap<&'a str, usize>,
}

/// Appends a node for each adversary; says what they may install, and the names of all steps.
pub(super) fn adversaries(
    scenario: &Scenario,
    nodes: &mut Vec<NodeSetup>,
    places: &Places,
    library: &dyn Library,
    names: &mut Names,
    errors: &mut Vec<ScenarioError>,
) -> (Vec<Arc<dyn Recipe>>, Vec<String>) {
    let ids = scenario.step.iter().enumerate().rev();
    let numbers = ids.map(|(at, step)| (step.id.get_ref().as_str(), at)).collect();
    let mut reader =
        Reader { scenario, nodes, places, library, artefacts: Vec::new(), errors, numbers };
    reader.check_names();
    let mut intentions: BTreeMap<&String, Intention> = BTreeMap::new();
    for (name, adversary) in &scenario.adversary {
        let links = adversary.links.iter().filter_map(|link| reader.link(link)).collect();
        let serials = adversary.knows.iter().filter_map(|known| reader.knowledge(known)).collect();
        let steps = reader.steps(name, names);
        let distance_m = adversary.distance_m.map(Into::into);
        let position = reader.position(&adversary.position);
        let footholds: Vec<_> =
            adversary.foothold.iter().filter_map(|device| reader.device(device)).collect();
        let peers = footholds.iter().flat_map(|&(node, unit)| {
            reader.nodes[node as usize].devices[unit as usize].peers.iter().flatten()
        });
        let foothold_links = peers.map(|peer| peer.link).collect();
        let segment = adversary.segment.as_ref().and_then(|link| reader.link(link));
        let intention = Intention {
            position,
            footholds,
            foothold_links,
            links,
            segment,
            distance_m,
            steps,
            serials,
        };
        intentions.insert(name, intention);
    }
    let artefacts = reader.artefacts;
    for (name, intention) in intentions {
        let name = names.intern(name);
        let adversary = Some(Box::new(intention));
        nodes.push(NodeSetup { name, adversary, ..NodeSetup::default() });
    }
    (artefacts, scenario.step.iter().map(|step| step.id.get_ref().clone()).collect())
}

impl Reader<'_> {
    fn refuse<T>(&mut self, at: &Spanned<T>, message: String, help: impl Into<String>) {
        self.errors.push(ScenarioError::at(at, message, help));
    }

    fn check_names(&mut self) {
        let scenario = self.scenario;
        let mut before = BTreeSet::new();
        for (i, step) in scenario.step.iter().enumerate() {
            let id = step.id.get_ref();
            if !before.insert(id) {
                self.refuse(
                    &step.id,
                    format!("two steps are called `{id}`"),
                    "give each its own id",
                );
            }
            if !scenario.adversary.contains_key(step.by.get_ref()) {
                let message = format!(
                    "step `{id}` is by `{}`, who is not in the scenario",
                    step.by.get_ref()
                );
                self.refuse(&step.by, message, known(scenario.adversary.keys()));
            }
            self.check_order(i, step);
        }
    }

    /// A chain of `after` that comes back to its beginning never starts.
    fn check_order(&mut self, start: usize, step: &Written) {
        let steps = &self.scenario.step;
        let before = |i: usize| {
            let after = steps[i].after.as_ref()?;
            self.numbers.get(after.get_ref().as_str()).copied()
        };
        let Some(after) = &step.after else { return };
        let mut at = start;
        for _ in 0..=steps.len() {
            match before(at) {
                Some(next) if next == start => {
                    let message = format!("step `{}` waits for itself", step.id.get_ref());
                    self.refuse(
                        after,
                        message,
                        "a chain of `after` must begin with a step that has none",
                    );
                    return;
                }
                Some(next) => at = next,
                None => return,
            }
        }
    }

    fn position(&mut self, word: &Spanned<String>) -> Position {
        let found = Position::WORDS.into_iter().find(|(known, _)| known == word.get_ref());
        if found.is_none() {
            let words = Position::WORDS.map(|(word, _)| word).join(", ");
            let message = format!("an adversary stands at `{}`", word.get_ref());
            self.refuse(word, message, format!("one of: {words}"));
        }
        found.map_or_else(Position::default, |(_, position)| position)
    }

    fn link(&mut self, name: &Spanned<String>) -> Option<u32> {
        let found = self.scenario.link.keys().position(|link| link == name.get_ref());
        if found.is_none() {
            let message = format!("there is no link `{}`", name.get_ref());
            let help = known(self.scenario.link.keys());
            self.refuse(name, message, help);
        }
        found.map(|at| at as u32)
    }

    fn device(&mut self, name: &Spanned<String>) -> Option<(u32, u16)> {
        let found = self.places.get(name.get_ref()).copied();
        if found.is_none() {
            let message = format!("there is no device `{}`", name.get_ref());
            let help = known(self.scenario.device.keys());
            self.refuse(name, message, help);
        }
        found
    }

    /// `pump.serial`: what the scenario's config gives the device.
    fn knowledge(&mut self, known: &Spanned<String>) -> Option<((u32, u16), u32)> {
        let serial = known.get_ref().strip_suffix(".serial").and_then(|device| {
            let place = self.places.get(device)?;
            match self.scenario.device[device].config.get("serial") {
                Some(Value::Number(serial)) => Some((*place, *serial as u32)),
                _ => None,
            }
        });
        if serial.is_none() {
            let message = format!("nobody can know `{}`", known.get_ref());
            self.refuse(known, message, "`DEVICE.serial`, of a device whose config has a `serial`");
        }
        serial
    }

    fn steps(&mut self, adversary: &str, names: &mut Names) -> Vec<Step> {
        let scenario = self.scenario;
        let mine: Vec<usize> = (0..scenario.step.len())
            .filter(|&i| scenario.step[i].by.get_ref() == adversary)
            .collect();
        let mut steps = Vec::new();
        for &number in &mine {
            let step = &scenario.step[number];
            let (Some(act), Some(trigger)) = (self.act(step), self.trigger(step, &mine)) else {
                continue;
            };
            let once = Repeat { times: 1, every: Spread::Fixed(0.0) };
            let repeat = step.repeat.as_ref();
            steps.push(Step {
                name: names.intern(step.id.get_ref()),
                text: step.id.get_ref().clone(),
                number: number as u16,
                trigger,
                repeat: repeat
                    .map_or(once, |r| Repeat { times: r.times, every: r.every_min.into() }),
                act,
            });
        }
        steps
    }

    fn trigger(&mut self, step: &Written, mine: &[usize]) -> Option<Trigger> {
        let Some(after) = &step.after else {
            return Some(Trigger::At(step.at_min.map_or(Spread::Fixed(0.0), Into::into)));
        };
        let number = self.numbers.get(after.get_ref().as_str());
        let Some(index) = number.and_then(|number| mine.binary_search(number).ok()) else {
            let message = format!(
                "step `{}` is after `{}`, which is no step of `{}`",
                step.id.get_ref(),
                after.get_ref(),
                step.by.get_ref()
            );
            let ids = mine.iter().map(|&i| self.scenario.step[i].id.get_ref());
            let help = known(ids);
            self.refuse(after, message, help);
            return None;
        };
        let succeeded = match step.only_if.as_ref().map(|w| w.get_ref().as_str()) {
            None | Some("succeeded") => Some(true),
            Some("failed") => Some(false),
            Some("ended") => None,
            Some(other) => {
                let message = format!("`if = \"{other}\"`");
                if let Some(word) = &step.only_if {
                    self.refuse(word, message, "one of: succeeded, failed, ended");
                }
                return None;
            }
        };
        let delay = step.delay_min.map_or(Spread::Fixed(0.0), Into::into);
        Some(Trigger::After { step: index, succeeded, delay })
    }

    fn act(&mut self, step: &Written) -> Option<Act> {
        if step.strip && !["inject", "use-credential"].contains(&step.act.get_ref().as_str()) {
            let message = format!("step `{}` strips nothing", step.id.get_ref());
            self.refuse(&step.act, message, "`strip = true` is for `inject`");
        }
        match step.act.get_ref().as_str() {
            "listen" => self.listen(step),
            "inject" => self.inject(step, None),
            "use-credential" => {
                let credential = self.need(step, step.credential.as_ref(), "credential")?;
                let stolen_from = self.device(credential)?;
                self.inject(step, Some(stolen_from))
            }
            "replay" => {
                let target = self.target(step)?;
                let kind = match &step.verb {
                    Some(verb) => Some(self.kind(verb)?),
                    None => None,
                };
                Some(Act::Replay { target, kind })
            }
            "drop" | "jam" => self.interfere(step, Meddling::Drop),
            "delay" => {
                let ns = (step.by_s.unwrap_or(60.0).clamp(0.0, 86_400.0) * 1e9) as u64;
                self.interfere(step, Meddling::Delay(ns))
            }
            "alter" => {
                let [byte, mask] = step.byte.unwrap_or([7, 1]);
                self.interfere(step, Meddling::Alter { byte: byte.into(), mask })
            }
            "crack" => self.crack(step),
            "press" => self.press(step),
            "install" => self.install(step),
            "flash" => self.flash(step),
            "log-in" => self.log_in(step),
            "break-glass" => self.break_glass(step),
            "read-storage" => {
                let to = self.need(step, step.to.as_ref(), "to")?;
                Some(Act::ReadStorage { device: self.device(to)? })
            }
            "write-storage" => self.write_storage(step),
            "cut-power" => self.cut_power(step),
            "flood" => self.flood(step),
            "spoof-time" => {
                let ns = (step.by_s.unwrap_or(3600.0).clamp(0.0, 1e6) * 1e9) as i64;
                self.interfere(step, Meddling::Time(ns))
            }
            other => {
                let message = format!("step `{}` does `{other}`", step.id.get_ref());
                self.refuse(&step.act, message, format!("one of: {ACTS}"));
                None
            }
        }
    }

    fn need<'s>(
        &mut self,
        step: &Written,
        key: Option<&'s Spanned<String>>,
        name: &str,
    ) -> Option<&'s Spanned<String>> {
        if key.is_none() {
            let message = format!("step `{}` has no `{name}`", step.id.get_ref());
            let help = format!("`do = \"{}\"` needs `{name}`", step.act.get_ref());
            self.refuse(&step.act, message, help);
        }
        key
    }

    fn listen(&mut self, step: &Written) -> Option<Act> {
        let on = self.need(step, step.on.as_ref(), "on")?;
        let link = self.link(on)?;
        let of = step.to.as_ref().and_then(|to| self.device(to));
        let from = step.sender.as_ref().and_then(|from| self.device(from));
        let record = from.zip(of);
        let patience = |min: f64| (min.clamp(0.0, 1e6) * crate::time::MINUTE as f64) as u64;
        Some(Act::Listen { link, record, of, patience_ns: step.for_min.map(patience) })
    }

    fn crack(&mut self, step: &Written) -> Option<Act> {
        let from = self.need(step, step.sender.as_ref(), "from")?;
        let to = self.need(step, step.to.as_ref(), "to")?;
        let pair = Pair::of(self.device(from)?, self.device(to)?);
        Some(Act::Crack { pair, tries_per_s: step.tries_per_s.unwrap_or(TRIES_PER_S) })
    }

    /// The device meant, and the peer in whose name: `from`, or else the first peer of the device.
    fn target(&mut self, step: &Written) -> Option<Target> {
        let name = self.need(step, step.to.as_ref(), "to")?;
        let to = self.device(name)?;
        let peers = &self.nodes[to.0 as usize].devices[to.1 as usize].peers;
        let from = match &step.sender {
            Some(from) => Some(self.device(from)?),
            None => None,
        };
        let found = peers.iter().enumerate().find_map(|(i, peer)| {
            let peer = (*peer)?;
            let is = from.is_none_or(|from| from == (peer.node, peer.unit));
            is.then_some(Target {
                link: peer.link,
                far: peer.far,
                to,
                from: (peer.node, peer.unit),
                peer: i as u32,
            })
        });
        if found.is_none() {
            let message = format!("device `{}` has no such peer on a link", name.get_ref());
            self.refuse(name, message, "put both on one `[link.…]`, or name another `from`");
        }
        found
    }

    fn inject(&mut self, step: &Written, stolen_from: Option<(u32, u16)>) -> Option<Act> {
        let target = self.target(step)?;
        if let Some(body) = self.bytes(step)? {
            return Some(Act::Send { body, target, stolen_from, strip: step.strip });
        }
        let verb = self.need(step, step.verb.as_ref(), "verb")?;
        let kind = self.kind(verb)?;
        let args = self.arguments(step, kind, &target);
        Some(Act::Inject { kind, args, target, stolen_from, strip: step.strip })
    }

    fn kind(&mut self, verb: &Spanned<String>) -> Option<Kind> {
        let kind = Kind::of_verb(verb.get_ref());
        if kind.is_none() {
            let message = format!("the radio has no command `{}`", verb.get_ref());
            let verbs: Vec<_> = Kind::ALL.iter().filter_map(|kind| kind.verb()).collect();
            self.refuse(verb, message, format!("it has: {}", verbs.join(", ")));
        }
        kind
    }

    /// What a step sends as it stands: a text, or bytes in hexadecimal.
    fn bytes(&mut self, step: &Written) -> Option<Option<Arc<[u8]>>> {
        let (written, bytes) = match (&step.text, &step.hex) {
            (None, None) => return Some(None),
            (Some(text), None) => (text, Some(text.get_ref().as_bytes().to_vec())),
            (_, Some(hex)) => (hex, of_hex(hex.get_ref())),
        };
        let is_one = step.verb.is_none() && (step.text.is_none() || step.hex.is_none());
        match bytes.filter(|bytes| is_one && bytes.len() <= MOST_TEXT) {
            Some(bytes) => Some(Some(bytes.into())),
            None => {
                let message = format!("step `{}` sends what is no frame", step.id.get_ref());
                let help =
                    "one of `verb`, `text` and `hex` (pairs of 0-9 and a-f), at most 16384 bytes";
                self.refuse(written, message, help);
                None
            }
        }
    }

    fn arguments(&mut self, step: &Written, kind: Kind, target: &Target) -> Arguments {
        let or_none = |number: Option<Number>| number.map_or(Spread::Fixed(0.0), Into::into);
        let args = &step.args;
        if args.units.is_some() && args.daily_dose_share.is_some() {
            let message = format!("step `{}` has two doses", step.id.get_ref());
            self.refuse(&step.id, message, "either `units` or `daily_dose_share`");
        }
        if args.daily_dose_share.is_some() && self.nodes[target.to.0 as usize].wearer().is_none() {
            let message = format!("nobody wears the target of step `{}`", step.id.get_ref());
            self.refuse(&step.id, message, "`daily_dose_share` needs a patient: give `units`");
        }
        let amount = match (kind, args.daily_dose_share) {
            (Kind::TempBasal, _) => Amount::Units(or_none(args.rate_u_per_h)),
            (Kind::Parameter, _) => Amount::Units(or_none(args.parameter)),
            (Kind::SensorTest, _) => Amount::Units(or_none(args.value)),
            (_, Some(share)) => Amount::OfDailyDose(share.into()),
            _ => Amount::Units(or_none(args.units)),
        };
        let second = if kind == Kind::Parameter { args.value } else { args.minutes };
        Arguments { amount, minutes: or_none(second) }
    }

    fn press(&mut self, step: &Written) -> Option<Act> {
        let to = self.need(step, step.to.as_ref(), "to")?;
        let device = self.device(to)?;
        let key = self.need(step, step.key.as_ref(), "key")?;
        let manifest =
            Arc::clone(&self.nodes[device.0 as usize].devices[device.1 as usize].manifest);
        let Some(input) = manifest.inputs.iter().position(|input| input == key.get_ref()) else {
            let message = format!("device `{}` has no key `{}`", to.get_ref(), key.get_ref());
            self.refuse(key, message, known(manifest.inputs.iter()));
            return None;
        };
        let number = |number: Number| Amount::Units(number.into());
        let of_day = step.args.daily_dose_share.map(|share| Amount::OfDailyDose(share.into()));
        let args = &step.args;
        let value = args.units.or(args.rate_u_per_h).or(args.carbs_g).map(number).or(of_day);
        let amount = value.unwrap_or(Amount::Units(Spread::Fixed(1.0)));
        let args = Arguments { amount, minutes: Spread::Fixed(0.0) };
        let doses = key.get_ref() == "bolus";
        Some(Act::Press { device, input: input as u32, args, doses })
    }

    fn interfere(&mut self, step: &Written, how: Meddling) -> Option<Act> {
        let on = self.need(step, step.on.as_ref(), "on")?;
        let link = self.link(on)?;
        let to = match &step.to {
            Some(to) => Some(self.device(to)?),
            None => None,
        };
        let minutes = step.for_min.unwrap_or(60.0).clamp(0.0, 1e6);
        let until_ns = (minutes * crate::time::MINUTE as f64) as u64;
        Some(Act::Interfere(Interference {
            link,
            to,
            from_ns: 0,
            until_ns,
            how,
            step: 0,
            name: Name::default(),
        }))
    }

    fn log_in(&mut self, step: &Written) -> Option<Act> {
        let to = self.need(step, step.to.as_ref(), "to")?;
        let device = self.device(to)?;
        let named = self.need(step, step.account.as_ref(), "account")?;
        let own = self.scenario.account.iter();
        let own = own.filter(|(_, own)| own.devices.iter().any(|d| d.get_ref() == to.get_ref()));
        let names: Vec<&String> = own.map(|(name, _)| name).collect();
        let Some(account) = names.iter().position(|name| *name == named.get_ref()) else {
            let message = format!("`{}` has no account `{}`", to.get_ref(), named.get_ref());
            self.refuse(named, message, known(names.into_iter()));
            return None;
        };
        let secret = self.secret(step)?;
        let age = step.code_age_s.map(|s| (s.clamp(0.0, 86_400.0) * 1e9) as u64);
        let code = age.map(|age_ns| Code { age_ns });
        let console = self.nodes[device.0 as usize].devices[device.1 as usize].manifest.console;
        Some(Act::LogIn { device, account, secret, code, console })
    }

    fn secret(&mut self, step: &Written) -> Option<Secret> {
        match step.secret.as_ref().map(|word| (word, word.get_ref().as_str())) {
            None | Some((_, "known")) => Some(Secret::Known),
            Some((_, "guessed")) => Some(Secret::Guessed),
            Some((word, other)) => {
                self.refuse(word, format!("`secret = \"{other}\"`"), "one of: known, guessed");
                None
            }
        }
    }

    fn break_glass(&mut self, step: &Written) -> Option<Act> {
        let to = self.need(step, step.to.as_ref(), "to")?;
        let device = self.device(to)?;
        let mut all = self.scenario.account.values().flat_map(|account| &account.devices);
        if !all.any(|of| of.get_ref() == to.get_ref()) {
            let message = format!("there is no glass to break at `{}`", to.get_ref());
            self.refuse(to, message, "a device that an `[account.…]` names");
            return None;
        }
        Some(Act::BreakGlass { device })
    }

    fn flash(&mut self, step: &Written) -> Option<Act> {
        let target = self.target(step)?;
        let name = self.need(step, step.firmware.as_ref(), "firmware")?;
        let image = super::images::image(self.scenario, name, self.errors)?;
        Some(Act::Flash { image: image as u32, target })
    }

    fn flood(&mut self, step: &Written) -> Option<Act> {
        let target = self.target(step)?;
        let rate_per_s = step.rate_per_s.unwrap_or(100.0).clamp(0.1, 100_000.0);
        let minutes = step.for_min.unwrap_or(1.0).clamp(0.0, 1e6);
        let bytes = step.bytes.unwrap_or(1000).clamp(1, 9000);
        Some(Act::Flood { target, flood: Flood::of(rate_per_s, bytes, minutes) })
    }

    fn write_storage(&mut self, step: &Written) -> Option<Act> {
        let to = self.need(step, step.to.as_ref(), "to")?;
        let device = self.device(to)?;
        let record = self.need(step, step.record.as_ref(), "record")?.get_ref().clone();
        let text = self.need(step, step.text.as_ref(), "text")?;
        if text.get_ref().len() > MOST_TEXT {
            let message =
                format!("step `{}` writes {} bytes", step.id.get_ref(), text.get_ref().len());
            self.refuse(text, message, format!("at most {MOST_TEXT}"));
            return None;
        }
        let text = text.get_ref().clone();
        Some(Act::WriteStorage { device, record, text })
    }

    fn cut_power(&mut self, step: &Written) -> Option<Act> {
        let to = self.need(step, step.to.as_ref(), "to")?;
        let device = self.device(to)?;
        let minutes = step.for_min.unwrap_or(1.0).clamp(0.0, 1e6);
        Some(Act::CutPower { device, for_ns: (minutes * crate::time::MINUTE as f64) as u64 })
    }

    /// An image is put by hand where images lie: in a slot, or in what an update server offers.
    fn write(&mut self, to: &Spanned<String>, device: (u32, u16), step: &Written) -> Option<Act> {
        let name = step.firmware.as_ref()?;
        let image = super::images::image(self.scenario, name, self.errors)?;
        let mut all = self.scenario.device.values();
        let has_slots = all.any(|d| d.updates.as_ref().is_some_and(|u| u == to));
        if !has_slots && self.scenario.device[to.get_ref()].firmware.is_none() {
            let message = format!("no firmware image can be put into `{}`", to.get_ref());
            self.refuse(
                to,
                message,
                "a device that an updater `updates`, or one with a `firmware`",
            );
            return None;
        }
        Some(Act::Write { device, image: image as u32 })
    }

    fn install(&mut self, step: &Written) -> Option<Act> {
        let to = self.need(step, step.to.as_ref(), "to")?;
        let device = self.device(to)?;
        if step.firmware.is_some() {
            return self.write(to, device, step);
        }
        let name = self.need(step, step.artefact.as_ref(), "artefact")?;
        match self.library.artefact(name.get_ref()) {
            Ok(recipe) => {
                self.artefacts.push(recipe);
                Some(Act::Install { device, artefact: self.artefacts.len() as u32 - 1 })
            }
            Err(artefacts) => {
                let message = format!("there is no artefact `{}`", name.get_ref());
                self.refuse(name, message, format!("the library has: {}", artefacts.join(", ")));
                None
            }
        }
    }
}

/// The bytes that pairs of hexadecimal digits stand for; spaces between them do not matter.
fn of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}
