//! `policy explain`: which decision let each step of an attack, or stopped it.

use clap::Args;
use medtwin_engine::outcome::{Decision, Decisions, StepOutcome};
use medtwin_engine::resolve::RuleInfo;
use medtwin_engine::seed::Seed;
use medtwin_engine::trace::Outcome;
use serde_json::{Value, json};

use crate::arms::{ArmName, ArmResult, Arms, Steps};
use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::write::say;

#[derive(Args)]
pub(crate) struct Explain {
    /// A scenario of the library (`medtwin list`), or a directory with a scenario.toml
    scenario: String,
    /// The policy to explain, attacked: PACK, PACK-RULE, PACK-CONTROL or PACK+CONTROL, with or
    /// without `/attack`; the reference and the candidate if left out
    #[arg(long = "arm", value_name = "POLICY")]
    arms: Vec<String>,
    /// Seed of every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The pack that stands for today: a name of the library, or a directory
    #[arg(long, value_name = "PACK")]
    reference: Option<String>,
    /// The pack that is proposed: a name of the library, or a directory
    #[arg(long, value_name = "PACK")]
    candidate: Option<String>,
}

impl Explain {
    pub(crate) fn obey(&self, as_json: bool) -> Result<(), Problems> {
        let (reference, candidate) = (self.reference.as_deref(), self.candidate.as_deref());
        let case = Case::between(&self.scenario, reference, candidate, &Components::default())?;
        let explained = explain(&case, &self.arms(&case), self.seed)?;
        if as_json {
            let arms: Vec<_> = explained.iter().map(Explained::json).collect();
            let of = json!({ "key": case.name() });
            say!("{:#}", json!({ "scenario": of, "seed": self.seed, "arms": arms }));
        } else {
            say!("{} · {} · seed {}", case.name(), case.scenario.title, self.seed);
            explained.iter().flat_map(Explained::lines).for_each(|line| say!("{line}"));
        }
        Ok(())
    }

    fn arms(&self, case: &Case) -> Vec<ArmName> {
        let attacked =
            |policy: &str| ArmName::new(policy.strip_suffix("/attack").unwrap_or(policy), true);
        if self.arms.is_empty() {
            return [case.reference(), case.candidate()].map(attacked).to_vec();
        }
        self.arms.iter().map(|arm| attacked(arm)).collect()
    }
}

/// One arm, with the decisions about its attack.
pub(crate) struct Explained {
    result: ArmResult,
    decisions: Decisions,
}

/// Runs attacked arms and keeps what was decided.
pub(crate) fn explain(
    case: &Case,
    arms: &[ArmName],
    seed: u64,
) -> Result<Vec<Explained>, Problems> {
    let arms = Arms::of(case, arms)?;
    let seed = Seed { seed, trial: 0 };
    let (results, decisions) =
        arms.run_into(seed, Steps::default(), false, |_| Decisions::default());
    let both = results.into_iter().zip(decisions);
    Ok(both.map(|(result, decisions)| Explained { result, decisions }).collect())
}

impl Explained {
    /// The steps, each with what was decided about it.
    fn steps(&self) -> impl Iterator<Item = (&StepOutcome, Vec<(Decision, u64)>)> {
        self.result.outcome.steps.iter().zip(0..).map(|(step, number)| {
            let own = self.decisions.all().iter().filter(move |(d, _)| d.step == number);
            (step, own.copied().collect())
        })
    }

    fn rule(&self, decision: &Decision) -> Option<&RuleInfo> {
        self.result.rules.get(usize::from(decision.rule))
    }

    fn lines(&self) -> Vec<String> {
        let names = &self.result.setup.names;
        let mut lines = vec![format!("\n{}", self.result.name)];
        for (step, decisions) in self.steps() {
            lines.push(format!(
                "  {}: tried {}, succeeded {}",
                step.id, step.attempts, step.succeeded
            ));
            lines.extend(step.notes.iter().map(|note| format!("    {note}")));
            let (telling, rest): (Vec<_>, Vec<_>) =
                decisions.into_iter().partition(|(d, _)| d.tells(names));
            lines.extend(telling.iter().map(|(decision, times)| self.line(decision, *times)));
            lines.extend(self.others(&rest));
            if telling.is_empty() && rest.is_empty() {
                lines.push("    no policy of a device was asked".to_owned());
            }
        }
        lines
    }

    /// What else was let, in one line.
    fn others(&self, rest: &[(Decision, u64)]) -> Option<String> {
        let names = &self.result.setup.names;
        let mut actions: Vec<_> = rest.iter().map(|(decision, _)| decision.action(names)).collect();
        actions.dedup();
        (!actions.is_empty()).then(|| format!("    let       also {}", actions.join(", ")))
    }

    fn line(&self, decision: &Decision, times: u64) -> String {
        let names = &self.result.setup.names;
        let (device, object) = (names.text(decision.device), names.text(decision.object));
        let by = self.rule(decision).map_or("no grant names it".to_owned(), |rule| {
            format!("{} ({})", rule.id, rule.reason)
        });
        let verdict = word(decision.outcome);
        format!(
            "    {verdict:<9} {device}: {} · {object} · {times} × · {by}",
            decision.action(names)
        )
    }

    fn json(&self) -> Value {
        let names = &self.result.setup.names;
        let decided = |(decision, times): &(Decision, u64)| {
            let rule = self.rule(decision);
            json!({
                "device": names.text(decision.device),
                "action": decision.action(names),
                "object": names.text(decision.object),
                "decision": word(decision.outcome),
                "rule": rule.map(|rule| &rule.id),
                "reason": rule.map(|rule| &rule.reason),
                "times": times,
            })
        };
        let step = |(step, decisions): (&StepOutcome, Vec<(Decision, u64)>)| {
            json!({
                "id": step.id,
                "attempts": step.attempts,
                "succeeded": step.succeeded,
                "notes": step.notes,
                "decisions": decisions.iter().map(decided).collect::<Vec<_>>(),
            })
        };
        let steps: Vec<_> = self.steps().map(step).collect();
        json!({ "arm": self.result.name.to_string(), "steps": steps })
    }
}

/// A decision, as people say it.
const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::None => "",
        Outcome::Permit => "let",
        Outcome::Forbid => "forbidden",
        Outcome::NoGrant => "no grant",
        Outcome::Limit => "limited",
        Outcome::Exhausted => "exhausted",
        Outcome::Unknown => "unknown",
    }
}
