//! Cedar, as packs use it: checked rules in file order, and the answer with the rule that spoke.

use std::collections::BTreeSet;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Entities, Entity, EntityUid, Policy, PolicyId,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};

use crate::bounds::{self, MAX_DECISIONS, on_a_large_stack};
use crate::error::PackError;
use crate::facts::Asked;
use crate::pack::{Effect, Rule, RuleId};
use crate::printable;
use crate::table::Verdict;
use crate::vocabulary::Named;

/// Rules of one file, in order.
#[derive(Clone)]
pub(crate) struct Rules {
    policies: Vec<Policy>,
    pub(crate) rules: Vec<Rule>,
    /// Every entity that a rule names.
    pub(crate) named: Vec<Named>,
}

/// An entity's id; Cedar escapes whatever it holds.
pub(crate) fn uid(kind: &str, id: &str) -> EntityUid {
    // A type name is written in this crate or by a plan's layout, never by an author.
    let kind = kind.parse().unwrap_or_else(|_| unreachable!("`{kind}` is an entity type"));
    EntityUid::from_type_name_and_id(kind, cedar_policy::EntityId::new(id))
}

/// Reads and checks rules; every mistake at once. What Cedar only warns of is a mistake too.
pub(crate) fn read(file: &'static str, text: &str, schema: &str) -> Result<Rules, Vec<PackError>> {
    bounds::check(file, text)?;
    on_a_large_stack(|| read_bounded(file, text, schema))
}

fn read_bounded(file: &'static str, text: &str, schema: &str) -> Result<Rules, Vec<PackError>> {
    let set: PolicySet =
        text.parse().map_err(|errors: cedar_policy::ParseErrors| parse_errors(file, &errors))?;
    let (schema, _) = Schema::from_cedarschema_str(schema)
        .unwrap_or_else(|error| unreachable!("the schema is part of this crate: {error}"));
    let actions: Vec<EntityUid> = schema.actions().cloned().collect();
    let mut errors = validate(file, &set, schema);
    if set.num_of_templates() > 0 {
        let help = "write the entity in the place of `?principal` or `?resource`";
        errors.push(PackError::new(file, 0..0, "a pack holds no templates", help));
    }
    let mut policies: Vec<Policy> = set.policies().cloned().collect();
    policies.sort_by_key(|policy| ordinal(policy.id()));
    let rules = policies.iter().map(|policy| rule(file, text, policy, &mut errors)).collect();
    let named = policies.iter().flat_map(|policy| named(file, text, policy)).collect();
    let rules = Rules { policies, rules, named };
    rules.check_ids(file, text, &mut errors);
    rules.check_decisions(file, &actions, &mut errors);
    if errors.is_empty() { Ok(rules) } else { Err(errors) }
}

fn parse_errors(file: &'static str, errors: &cedar_policy::ParseErrors) -> Vec<PackError> {
    errors.iter().map(|error| PackError::of_cedar(file, error)).collect()
}

fn validate(file: &'static str, set: &PolicySet, schema: Schema) -> Vec<PackError> {
    let found = Validator::new(schema).validate(set, ValidationMode::Strict);
    let errors = found.validation_errors().map(|error| PackError::of_cedar(file, error));
    let warnings = found.validation_warnings().map(|error| PackError::of_cedar(file, error));
    errors.chain(warnings).collect()
}

/// Cedar names the policies of a file `policy0`, `policy1`, … in order.
fn ordinal(id: &PolicyId) -> usize {
    let id: &str = id.as_ref();
    id.trim_start_matches("policy").parse().unwrap_or(usize::MAX)
}

fn rule(file: &'static str, text: &str, policy: &Policy, errors: &mut Vec<PackError>) -> Rule {
    let mut note = |key: &str| match policy.annotation(key) {
        Some(value) if !value.trim().is_empty() => value.to_owned(),
        _ => {
            let at = place(text, policy);
            let message = format!("a rule has no `@{key}`");
            let help = format!("write `@{key}(\"…\")` before it: the trace and the report show it");
            errors.push(PackError::new(file, at, message, help));
            String::new()
        }
    };
    let (id, reason) = (note("id"), note("reason"));
    if let Some(strange) = printable::strange(&id).or_else(|| printable::strange(&reason)) {
        let (message, help) = printable::refusal(strange);
        errors.push(PackError::new(file, place(text, policy), message, help));
    }
    let control = policy.annotation("control").map(str::to_owned);
    if let Some(control) = &control {
        check_control(file, text, policy, control, errors);
    }
    let effect = match policy.effect() {
        cedar_policy::Effect::Permit => Effect::Permit,
        cedar_policy::Effect::Forbid => Effect::Forbid,
    };
    Rule { id, reason, effect, control }
}

fn check_control(
    file: &'static str,
    text: &str,
    policy: &Policy,
    control: &str,
    errors: &mut Vec<PackError>,
) {
    if !crate::CONTROLS.contains(&control) {
        let message = format!("there is no control `{control}`");
        let help = format!("one of: {}", crate::CONTROLS.join(", "));
        errors.push(PackError::new(file, place(text, policy), message, help));
    }
    if policy.effect() == cedar_policy::Effect::Permit {
        let message = "a `permit` carries `@control`";
        let help = "write the control as a `forbid … unless`: it can then be taken out alone";
        errors.push(PackError::new(file, place(text, policy), message, help));
    }
}

/// Where a policy stands in its file, by its own text.
fn place(text: &str, policy: &Policy) -> std::ops::Range<usize> {
    let own = policy.to_cedar().unwrap_or_default();
    text.find(own.trim()).map_or(0..0, |start| start..start + own.trim().len())
}

/// The entities that a rule names, each where it stands, or else where the rule does.
fn named(file: &'static str, text: &str, policy: &Policy) -> Vec<Named> {
    let rule = place(text, policy);
    let one = |entity: EntityUid| {
        let (kind, id) = (entity.type_name().to_string(), entity.id().unescaped().to_owned());
        let words = entity.to_string();
        let within = text[rule.clone()].find(&words).map(|at| rule.start + at);
        let at = within.map_or(rule.clone(), |at| at..at + words.len());
        Named { file, kind, id, at }
    };
    policy.entity_literals().into_iter().map(one).collect()
}

impl Rules {
    /// How many decisions a table makes for a question is the product of the facts that the rules
    /// about its action read.
    fn check_decisions(
        &self,
        file: &'static str,
        actions: &[EntityUid],
        errors: &mut Vec<PackError>,
    ) {
        let too_many = |action: &EntityUid| {
            let set = self.about(action);
            let (rules, facts) = (set.set.policies().count(), set.attributes.len());
            let decisions = rules.saturating_mul(crate::table::combinations_of(&set));
            (decisions > MAX_DECISIONS).then(|| {
                let action = action.id().unescaped();
                let message = format!("{rules} rules about `{action}` read {facts} facts: {decisions} decisions for each question");
                let help = format!(
                    "at most {MAX_DECISIONS}: name the action that a rule is about, or let fewer rules read so many facts"
                );
                PackError::new(file, 0..0, message, help)
            })
        };
        // One is enough to say what is wrong: the rules about one action are often about others.
        errors.extend(actions.iter().find_map(too_many));
    }

    fn check_ids(&self, file: &'static str, text: &str, errors: &mut Vec<PackError>) {
        let mut seen = BTreeSet::new();
        for (rule, policy) in self.rules.iter().zip(&self.policies) {
            if !rule.id.is_empty() && !seen.insert(&rule.id) {
                let message = format!("two rules are called `{}`", rule.id);
                errors.push(PackError::new(
                    file,
                    place(text, policy),
                    message,
                    "give each its own id",
                ));
            }
        }
    }

    /// Keeps the rules that `keep` picks.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Rule) -> bool) {
        let mut kept = self.rules.iter().map(&keep);
        self.policies.retain(|_| kept.next().unwrap_or(false));
        self.rules.retain(keep);
    }

    /// Appends the rules of `from` that `pick` picks.
    pub(crate) fn take_over(&mut self, from: &Self, pick: impl Fn(&Rule) -> bool) {
        for (rule, policy) in from.rules.iter().zip(&from.policies) {
            if pick(rule) && self.rules.iter().all(|own| own.id != rule.id) {
                self.rules.push(rule.clone());
                self.policies.push(policy.clone());
            }
        }
    }

    /// The rules whose scope admits `action`, as a set to ask.
    pub(crate) fn about(&self, action: &EntityUid) -> Set {
        let group = group(action);
        let admits = |policy: &Policy| match policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(one) => one == *action,
            ActionConstraint::In(several) => {
                several.iter().any(|one| one == action || Some(one) == group.as_ref())
            }
        };
        self.picked((0..self.policies.len()).filter(|&i| admits(&self.policies[i])))
    }

    /// All of them: what a choice of some is tested against.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Set {
        self.picked(0..self.policies.len())
    }

    fn picked(&self, picked: impl Iterator<Item = usize>) -> Set {
        let mut set = PolicySet::new();
        let mut attributes = BTreeSet::new();
        let mut names_device = false;
        for i in picked {
            let policy = self.policies[i].new_id(PolicyId::new(format!("policy{i}")));
            attributes.extend(mentioned(&policy));
            let named = policy.entity_literals();
            names_device |= named.iter().any(|one| one.type_name().to_string() == "Device");
            set.add(policy).unwrap_or_else(|_| unreachable!("ids are numbers"));
        }
        Set { set, attributes, names_device }
    }
}

/// The action group of `command.bolus` is `command`.
fn group(action: &EntityUid) -> Option<EntityUid> {
    let id: &str = action.id().as_ref();
    id.split_once('.').map(|(group, _)| uid("Action", group))
}

/// The attributes of the context that a rule's conditions read.
fn mentioned(policy: &Policy) -> BTreeSet<String> {
    fn walk(json: &serde_json::Value, found: &mut BTreeSet<String>) {
        match json {
            serde_json::Value::Object(map) => {
                if let Some(attr) = map.get("attr").and_then(serde_json::Value::as_str) {
                    found.insert(attr.to_owned());
                }
                map.values().for_each(|value| walk(value, found));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    match policy.to_json() {
        Ok(json) => walk(&json["conditions"], &mut found),
        // Not to be read: then it may read anything.
        Err(_) => found.extend(crate::facts::ATTRIBUTES.iter().map(|a| a.name.to_owned())),
    }
    found
}

/// Some rules, ready to be asked.
pub(crate) struct Set {
    set: PolicySet,
    pub(crate) attributes: BTreeSet<String>,
    names_device: bool,
}

/// All that some rules can tell a question by: model, action, resource, zone, and the device if one of them
/// names a device.
pub(crate) type Same<'a> =
    (&'a str, &'a str, &'a (String, String), Option<&'a str>, Option<&'a str>);

impl Set {
    /// What the answer to `asked` hangs on.
    pub(crate) fn same<'a>(&self, asked: &'a Asked) -> Same<'a> {
        let device = self.names_device.then_some(asked.device.as_str());
        (&asked.model, &asked.action, &asked.resource, asked.zone.as_deref(), device)
    }

    /// The verdict on `asked`: deny overrides, and of several rules the first in the file speaks.
    pub(crate) fn ask(
        &self,
        asked: &Asked,
        context: Vec<(String, RestrictedExpression)>,
    ) -> Verdict {
        match (Context::from_pairs(context), entities(asked)) {
            (Ok(context), Some(entities)) => self.decide(asked, context, &entities),
            _ => Verdict::NoGrant,
        }
    }

    /// The same, of what was made ready before.
    pub(crate) fn decide(&self, asked: &Asked, context: Context, entities: &Entities) -> Verdict {
        let request =
            Request::new(asked.principal(), asked.action(), asked.resource(), context, None);
        let Ok(request) = request else { return Verdict::NoGrant };
        let response = Authorizer::new().is_authorized(&request, &self.set, entities);
        let first = response.diagnostics().reason().map(ordinal).min();
        let first = first.and_then(|i| u16::try_from(i).ok()).map(RuleId);
        match (response.decision(), first) {
            (Decision::Allow, Some(rule)) => Verdict::Permit(rule),
            (Decision::Deny, Some(rule)) => Verdict::Forbid(rule),
            _ => Verdict::NoGrant,
        }
    }
}

pub(crate) fn entities(asked: &Asked) -> Option<Entities> {
    let model = uid("Model", &asked.model);
    let parents = |of: Option<EntityUid>| of.into_iter().collect();
    let device = Entity::new_no_attrs(asked.principal(), parents(Some(model.clone())));
    let action = asked.action();
    let group = group(&action);
    let zone = asked.zone.as_deref().map(|zone| uid("Zone", zone));
    let resource = Entity::new_no_attrs(asked.resource(), parents(zone.clone()));
    let all = [Entity::new_no_attrs(action, parents(group.clone())), device, resource];
    let groups = group.into_iter().chain([model]).chain(zone);
    let groups = groups.map(|uid| Entity::new_no_attrs(uid, parents(None)));
    Entities::from_entities(all.into_iter().chain(groups), None).ok()
}
