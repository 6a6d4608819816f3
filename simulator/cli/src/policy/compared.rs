//! Two packs in the scenarios of the library: what each attack came to, and what therapy cost.

use medtwin_engine::seed::Seed;

use crate::ablation::{stopped_by, worst_severity};
use crate::arms::{ArmName, ArmResult, Arms, Steps};
use crate::case::Case;
use crate::components::Components;
use crate::library;
use crate::problem::Problems;

/// One scenario under two packs.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Compared {
    scenario: String,
    /// None if nobody attacks there.
    attacked: Option<[Came; 2]>,
    clean: [Came; 2],
}

/// What an arm came to.
#[derive(Debug, PartialEq, serde::Serialize)]
struct Came {
    /// Commands accepted that the intent denies.
    uca: f64,
    /// Insulin that reached a patient and that nobody with the right to ordered [U].
    forged_u: f64,
    severity: f64,
    /// Commands that the intent allows and the pack denied.
    rejected: f64,
    stopped_by: Vec<String>,
}

impl Came {
    fn of(result: &ArmResult) -> Self {
        let get = |id: &str| result.outcome.metrics.get(id).copied().unwrap_or(f64::NAN);
        Self {
            uca: get("INT-1.uca"),
            forged_u: get("INT-1.forged_u"),
            severity: worst_severity(result),
            rejected: get("INT-1.rejected"),
            stopped_by: stopped_by(result).into_iter().collect(),
        }
    }
}

impl Compared {
    /// One line on the attack, and one on therapy where it differs.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.attack().into_iter().chain(self.therapy())
    }

    fn attack(&self) -> Option<String> {
        let [before, after] = self.attacked.as_ref()?;
        let by = match &after.stopped_by[..] {
            [] => String::new(),
            rules => format!(" · stopped by {}", rules.join(", ")),
        };
        Some(format!(
            "  {:<24} unauthorised {:>4.0} → {:<4.0} forged {:>5.1} → {:<5.1} U  severity {:.0} → {:.0}{by}",
            self.scenario,
            before.uca,
            after.uca,
            before.forged_u,
            after.forged_u,
            before.severity,
            after.severity
        ))
    }

    fn therapy(&self) -> Option<String> {
        let [before, after] = &self.clean;
        let name = if self.attacked.is_none() { &self.scenario } else { "" };
        (before != after).then(|| {
            format!(
                "  {name:<24} without attack: false rejects {:.0} → {:.0}, severity {:.0} → {:.0}",
                before.rejected, after.rejected, before.severity, after.severity
            )
        })
    }
}

/// Every scenario of the library, and `scenario` if it is none of these, under two packs at seed 1.
pub(crate) fn over_the_library(
    scenario: Option<&str>,
    before: &str,
    after: &str,
) -> Result<Vec<Compared>, Problems> {
    let mut scenarios = library::scenario_names();
    let own = scenario.filter(|own| !scenarios.iter().any(|name| name == own));
    scenarios.extend(own.map(str::to_owned));
    let components = Components::default();
    let case = |scenario: &String| Case::between(scenario, Some(before), Some(after), &components);
    scenarios.iter().map(|scenario| compared(&case(scenario)?)).collect()
}

fn compared(case: &Case) -> Result<Compared, Problems> {
    let packs = [case.reference(), case.candidate()];
    let arms = packs.map(|pack| [false, true].map(|attack| ArmName::new(pack, attack)));
    let arms = Arms::of(case, arms.as_flattened())?;
    let results = arms.run(Seed { seed: 1, trial: 0 }, Steps::default(), false);
    let came = |policy: &str, attack: bool| {
        let name = ArmName::new(policy, attack);
        let result = results.iter().find(|result| result.name == name);
        Came::of(result.unwrap_or_else(|| unreachable!("every arm was run")))
    };
    let attacked = (!case.resolved.steps.is_empty()).then(|| packs.map(|pack| came(pack, true)));
    let clean = packs.map(|pack| came(pack, false));
    Ok(Compared { scenario: case.name().to_owned(), attacked, clean })
}
