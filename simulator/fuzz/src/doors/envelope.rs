//! Envelopes: what is taken has limits that are numbers; a limit that does not fit a device is told where it
//! names the actuator.

use medtwin_policy::{Amount, Envelope, LimitKind};

use crate::{check, seeds};

pub(super) fn good() -> Vec<Vec<u8>> {
    let files = ["policies/library", "scenarios"].map(|dir| seeds::files(dir, "envelope.toml"));
    files.concat().into_iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

pub(super) fn open(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    match Envelope::read(text) {
        Ok(envelope) => holds(&envelope, text),
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a mistake");
            for error in errors {
                assert_eq!(error.file, "envelope.toml", "{error:?}");
                check::told(text, &error.message, Some(&error.at));
            }
        }
    }
}

fn holds(envelope: &Envelope, text: &str) {
    for (model, limit) in envelope.limits() {
        numbers(&limit.kind);
        for misfit in envelope.misfits(model, &[]) {
            check::told(text, &misfit.message, Some(&misfit.at));
            check::cuts_no_word(text, &misfit.message, &misfit.at);
        }
        let own: Vec<String> = match &limit.kind {
            LimitKind::Range { port, .. } => vec![port.clone()],
            LimitKind::Dose { ports, .. } => ports.clone(),
        };
        let of_this = format!("limit `{}` ", limit.id);
        let misfits = envelope.misfits(model, &own);
        let twice = envelope.limits().filter(|(_, other)| other.id == limit.id).count() > 1;
        let fits = misfits.iter().all(|misfit| !misfit.message.starts_with(&of_this));
        assert!(fits || twice, "{of_this}fits a device that has all that it limits");
    }
}

fn numbers(kind: &LimitKind) {
    let is_number = |number: f64| number.is_finite() && number >= 0.0;
    let is_amount = |amount: &Amount| match amount {
        Amount::Number(number) | Amount::Prescription { factor: number, .. } => is_number(*number),
    };
    let holds = match kind {
        LimitKind::Range { min, max, step, .. } => {
            min.iter().chain(max).all(is_amount)
                && step.is_none_or(|step| is_number(step) && step > 0.0)
        }
        LimitKind::Dose { window_min, max, .. } => {
            is_number(*window_min) && *window_min > 0.0 && is_amount(max)
        }
    };
    assert!(holds, "{kind:?}");
}
