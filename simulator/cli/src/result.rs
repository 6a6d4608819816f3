//! What a run leaves for other programs: `medtwin.run/1`.

use std::collections::BTreeMap;

use medtwin_engine::plan::Setup;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::ablation::{Ablation, bounds, stopped_by};
use crate::arms::{ArmName, ArmResult};
use crate::bundle::Asked;
use crate::case::Case;
use crate::run::Done;

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The result of a run.
pub(crate) fn json(case: &Case, asked: &Asked, done: &Done) -> Value {
    let mut run = json!({
        "schema": "medtwin.run/1",
        "scenario": { "key": case.name(), "sha256": hex(&case.sha256) },
        "seed": asked.seed,
        "trial": asked.trial,
        "engine": { "version": env!("CARGO_PKG_VERSION"), "wasmtime": medtwin_host::WASMTIME },
        "models": models(&case.resolved.setup),
        "arms": done.results.iter().map(arm).collect::<Vec<_>>(),
        "effects": effects(case, &done.results),
        "expectations": done.judged,
        "verdict": if done.holds() { "holds" } else { "fails" },
    });
    if asked.varied {
        run["varied"] = true.into();
    }
    if let Some(ablation) = &done.ablation {
        run["ablation"] = ablation.iter().flat_map(rows).collect();
        let bounds = bounds(case, &done.results, ablation);
        let bound = bounds.iter().map(|bound| {
            json!({ "id": bound.id, "uca": bound.uca, "forged_u": bound.forged_u,
                "over_u": bound.over_u,
                "severity": bound.severity, "then_stopped_by": bound.then_stopped_by })
        });
        run["bounds"] = bound.collect();
    }
    run
}

fn rows(ablation: &Ablation) -> [Value; 2] {
    [&ablation.clean, &ablation.attacked].map(|result| {
        json!({
            "arm": result.name.to_string(),
            "removed": ablation.change,
            "metrics": result.outcome.metrics,
            "stopped_by": stopped_by(result),
        })
    })
}

fn models(setup: &Setup) -> Vec<Value> {
    let devices = setup.nodes.iter().flat_map(|node| &node.devices);
    let model = |device: &medtwin_engine::plan::DeviceSetup| {
        let config = serde_json::to_vec(&device.config[..]).unwrap_or_default();
        json!({
            "device": device.text,
            "model": device.manifest.name,
            "sha256": hex(&device.recipe.digest()),
            "config_sha256": hex(&Sha256::digest(config)),
            "imports": device.recipe.imports(),
        })
    };
    devices.map(model).collect()
}

fn arm(result: &ArmResult) -> Value {
    let outcome = &result.outcome;
    let rule = |number: &u16| {
        result.rules.get(usize::from(*number)).map_or("no-grant", |rule| rule.id.as_str())
    };
    let steps = outcome.steps.iter().map(|step| {
        json!({
            "id": step.id,
            "attempts": step.attempts,
            "succeeded": step.succeeded,
            "frames": step.frames,
            "stopped_by": step.stopped_by.iter().map(rule).collect::<Vec<_>>(),
            "notes": step.notes,
        })
    });
    let mut metrics: BTreeMap<&str, Option<f64>> =
        outcome.metrics.iter().map(|(id, value)| (id.as_str(), Some(*value))).collect();
    metrics.extend(outcome.undefined.keys().map(|id| (id.as_str(), None)));
    json!({
        "arm": result.name.to_string(),
        "policy": result.name.policy,
        "attack": result.name.attack,
        "devices_sha256": hex(&Sha256::digest(Value::from(models(&result.setup)).to_string())),
        "fingerprint": format!("sha256:{}", hex(&result.fingerprint)),
        "metrics": metrics,
        "undefined": outcome.undefined,
        "steps": steps.collect::<Vec<_>>(),
        "faults": outcome.faults,
        "decisions": { "permit": outcome.permits, "deny": outcome.denials },
    })
}

type Metrics = BTreeMap<String, f64>;

fn effects(case: &Case, arms: &[ArmResult]) -> Value {
    let of = |policy: &str, attack: bool| -> Metrics {
        let name = ArmName::new(policy, attack);
        let found = arms.iter().find(|arm| arm.name == name);
        found.map(|arm| arm.outcome.metrics.clone()).unwrap_or_default()
    };
    let less = |a: &Metrics, b: &Metrics| -> Metrics {
        a.iter().filter_map(|(id, a)| b.get(id).map(|b| (id.clone(), a - b))).collect()
    };
    let reference = less(&of(case.reference(), true), &of(case.reference(), false));
    let candidate = less(&of(case.candidate(), true), &of(case.candidate(), false));
    json!({
        "benefit": less(&reference, &candidate),
        "cost": less(&of(case.candidate(), false), &of(case.reference(), false)),
        "impact_reference": reference,
        "impact_candidate": candidate,
    })
}
