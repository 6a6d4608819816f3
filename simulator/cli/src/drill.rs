//! `drill`: people act in a running world, and see afterwards what their acts changed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use medtwin_drill::{Exercise, Options};
use medtwin_engine::input::Input;
use medtwin_engine::seed::Seed;

use crate::arms::{ArmName, ArmResult, Arms, Played, Steps};
use crate::bundle::{Asked, Bundle, Instead};
use crate::case::Case;
use crate::components::Components;
use crate::problem::Problems;
use crate::run::Done;
use crate::write::Out;
use crate::{leave, recorded, report, result};

#[derive(Args)]
pub(crate) struct Drill {
    /// A scenario of the library (`medtwin list`), or a directory with a scenario.toml
    scenario: String,
    /// Where the page is served; anything but loopback lets others on the network reach it
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    /// How many simulated seconds pass in a second; it can be changed on the page
    #[arg(long, value_name = "X", default_value_t = 60.0, value_parser = speed)]
    speed: f64,
    /// Seed of every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The pack that the devices run under: a name of the library, or a directory; the scenario's
    /// reference if none is given
    #[arg(long, value_name = "PACK")]
    policy: Option<String>,
    /// Where the drill is kept and its results are left; a drill that was broken off there goes on
    /// [default: drill-SCENARIO-SEED]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// What is left of a drill besides traces.
const LEFT: [&str; 3] = ["debrief.html", "report.html", "run.json"];
/// The most acts whose effect is looked for: each takes a run of its own.
const LOOKED_AT: usize = 50;

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    let (slowest, fastest) = medtwin_drill::SPEEDS;
    let is_fit = (slowest..=fastest).contains(&speed);
    is_fit.then_some(speed).ok_or_else(|| format!("from {slowest} to {fastest}"))
}

impl Drill {
    /// Serves the drill until it is closed.
    pub(crate) fn obey(&self) -> Result<(), Problems> {
        let instead = Instead { reference: self.policy.as_deref(), ..Instead::default() };
        let bundle = Bundle::gather(&self.scenario, &instead)?;
        let case = Case::of(bundle.clone(), &Components::default())?;
        let state = self.state(&case);
        if state.join("run.json").exists() {
            let message = format!("`{}` holds a drill that has ended", state.display());
            let help =
                "`medtwin report` and `medtwin replay` read it; choose another `--state DIR`";
            return Err(Problems::one(message, help));
        }
        let exercise = self.exercise(&case, &bundle)?;
        tracing::info!(scenario = case.name(), state = %state.display(), "drill");
        let options = Options { listen: self.listen, speed: self.speed, state: state.clone() };
        let ended = Ended { bundle, seed: self.seed, state };
        let finish = move |inputs: &[Input], fingerprint: [u8; 32]| {
            ended.leave(inputs, fingerprint).map_err(|problems| problems.to_string())
        };
        medtwin_drill::serve(exercise, &options, finish)
            .map_err(|error| Problems::one(error.to_string(), error.help()))
    }

    fn state(&self, case: &Case) -> PathBuf {
        let name = || format!("drill-{}-{}", case.name(), self.seed).into();
        self.state.clone().unwrap_or_else(name)
    }

    fn exercise(&self, case: &Case, bundle: &Bundle) -> Result<Exercise, Problems> {
        let arm = ArmName::drill(case.reference(), Played::All);
        let arms = Arms::of(case, std::slice::from_ref(&arm))?;
        let seed = Seed { seed: self.seed, trial: 0 };
        let plan = arms.plan_of(&arm, seed).ok_or_else(|| Problems::one("no arm to play", ""))?;
        Ok(Exercise {
            title: case.scenario.title.clone(),
            note: case.scenario.note.clone(),
            scenario: case.name().to_owned(),
            arm: arm.to_string(),
            plan,
            plan_sha256: result::hex(&bundle.digest()),
            start_clock_h: case.scenario.clock_h(),
            steps: case.resolved.steps.clone(),
            rules: arms.names().flat_map(|(_, rules)| rules).map(|rule| rule.id.clone()).collect(),
        })
    }
}

/// A drill that is over.
struct Ended {
    bundle: Bundle,
    seed: u64,
    state: PathBuf,
}

impl Ended {
    /// Runs the drill again with all inputs, without the team, without each of its acts, and without
    /// the attack; leaves all that as a run does, and gives the page to look back on.
    fn leave(self, inputs: &[Input], fingerprint: [u8; 32]) -> Result<String, Problems> {
        let bundle = self.bundle.with_inputs(inputs);
        let case = Case::of(bundle, &Components::default())?;
        let names = names(case.reference(), inputs);
        let arms = Arms::of(&case, &names)?;
        let asked = Asked {
            seed: self.seed,
            trial: 0,
            arms: names.iter().map(ArmName::to_string).collect(),
            varied: false,
            judge: false,
            ablate: false,
        };
        let (seed, out) = (Seed { seed: self.seed, trial: 0 }, Out::open(&self.state)?);
        let left = names.iter().map(recorded::path).chain(LEFT.map(PathBuf::from));
        out.sweep(left).map_err(|error| out.problem("", &error))?;
        let results =
            leave::traces(&out, &case, &arms, (seed, Steps::default()), leave::More::default())?;
        let drill = ArmName::drill(case.reference(), Played::All);
        let is_same =
            |result: &ArmResult| result.name == drill && result.fingerprint == fingerprint;
        if !results.iter().any(is_same) {
            let bug = "the drill as it was played and as it runs again differ: a bug of medtwin";
            return Err(Problems::one(bug, "keep the directory, and tell us"));
        }
        let done = Done { results, judged: Vec::new(), ablation: None };
        let json = result::json(&case, &asked, &done);
        let page = report::of_drill(&case, &done.results);
        out.write("debrief.html", page.as_bytes())?;
        leave::results(&out, &case, &asked, &done, &json)?;
        Ok(page)
    }
}

/// The arms of a drill.
fn names(policy: &str, inputs: &[Input]) -> Vec<ArmName> {
    let team = inputs.iter().zip(1..).filter(|(input, _)| input.action.is_of_team());
    let without = team.take(LOOKED_AT).map(|(_, number)| Played::Without(number));
    let played = [Played::Nobody, Played::All].into_iter().chain(without);
    let attacked = played.map(|played| ArmName::drill(policy, played));
    std::iter::once(ArmName::new(policy, false)).chain(attacked).collect()
}
