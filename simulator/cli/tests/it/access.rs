//! Who is let in at a panel or a console, and what a locked panel still does.

use crate::{arm, changed, metric, path, run, step};

/// `panel-login` without its own pack, with some words changed.
fn panel(change: impl Fn(String) -> String) -> tempfile::TempDir {
    changed("panel-login", |text| {
        let (before, _) = text.split_once("[[expect]]").expect("expectations");
        change(before.replace("compare = [\"code\"]\n", ""))
    })
}

#[test]
fn whoever_is_at_a_locked_pump_can_stop_it() {
    let stops = |text: String| text.replace("key = \"bolus\"", "key = \"suspend\"");
    let run = run(path(&panel(stops)), &["--candidate", "hardened"]);
    let stopped = step(&run, "hardened/attack", "open-session");
    assert_eq!(stopped["succeeded"], 2, "{stopped}");
    assert!(metric(&run, "hardened/attack", "AVL-4.gap_min.alex") > 0.0, "and it stands still");
}

#[test]
fn a_device_without_accounts_asks_nobody() {
    let nobody = |text: String| {
        let start = text.find("[account.alex]").expect("accounts");
        let end = text.find("[adversary.mallory]").expect("an adversary");
        let without = text[..start].to_owned() + &text[end..];
        let steps = without.find("[[step]]\nid = \"published-code\"").expect("the second step");
        without[..steps].to_owned()
    };
    let run = run(path(&panel(nobody)), &[]);
    assert_eq!(
        step(&run, "hardened/attack", "open-session")["stopped_by"][0],
        "dose-within-three-hours"
    );
    assert!(arm(&run, "hardened/clean")["metrics"]["AVL-4.wait_s"].is_null());
}

#[test]
fn a_guess_that_is_not_among_the_most_chosen_opens_nothing() {
    let odd = |text: String| text.replace("secret = \"1313\"", "secret = \"8305\"");
    let run = run(path(&panel(odd)), &[]);
    let guess = step(&run, "as-sold/attack", "guess");
    assert_eq!((&guess["attempts"], &guess["succeeded"]), (&20.into(), &0.into()));
    assert_eq!(step(&run, "as-sold/attack", "dose-after-guess")["attempts"], 0);
}

#[test]
fn what_is_owed_for_a_broken_glass_is_the_adversarys_alone() {
    let run = run("panel-login", &[]);
    let count = |arm_name: &str, id: &str| arm(&run, arm_name)["metrics"][id].to_string();
    assert_eq!(count("hardened/attack", "INT-1.bg"), "2.0", "the wearer did as well");
    assert_eq!(count("hardened/attack", "INT-1.bg_owed"), "1.0");
    assert_eq!(count("hardened/clean", "INT-1.bg"), "0.0");
}

#[test]
fn a_code_that_is_relayed_in_time_counts_during_a_visit() {
    // It is typed as a step of 30 s begins: the step before counts as well.
    for (age_s, succeeded) in [(8, 1), (30, 1), (31, 0), (180, 0)] {
        let aged =
            |text: String| text.replace("code_age_s = 180", &format!("code_age_s = {age_s}"));
        let run = run(path(&changed("vendor-account", aged)), &[]);
        let entered = step(&run, "hardened/attack", "stale-code");
        assert_eq!(entered["succeeded"], succeeded, "{age_s} s: {entered}");
    }
}

#[test]
fn nobody_far_away_types_at_a_pump() {
    let remote = |text: String| text.replace("position = \"insider\"", "position = \"internet\"");
    let run = run(path(&panel(remote)), &[]);
    for id in ["open-session", "published-code", "guess", "break-the-glass"] {
        let step = step(&run, "as-sold/attack", id);
        assert_eq!((&step["succeeded"], &step["notes"][0]), (&0.into(), &"out-of-reach".into()));
    }
}

#[test]
fn a_console_is_left_to_nobody_who_did_not_use_it_for_ten_minutes() {
    for (at_min, implanted) in [("99.9", true), ("100.1", false)] {
        let later = |text: String| {
            let text = text.replace("at_min = 95 ", &format!("at_min = {at_min} "));
            text.replace("at_min = 305", "at_min = 700")
        };
        let run = run(path(&changed("vendor-account", later)), &["--arm", "hardened-mfa/attack"]);
        let share = metric(&run, "hardened-mfa/attack", "INT-4.unapproved.pump");
        assert_eq!(share > 0.0, implanted, "the last login was at 90 min: {at_min}");
    }
}

#[test]
fn a_wearer_whose_code_was_published_knows_what_replaced_it() {
    let published =
        |text: String| text.replace("secret = \"1313\" ", "published = true\nsecret = \"1313\" ");
    let run = run(path(&panel(published)), &[]);
    assert!(metric(&run, "hardened/clean", "AVL-2.served") >= 1.0);
    let seen = step(&run, "hardened/attack", "seen-code");
    assert_eq!(seen["stopped_by"][0], "control:cred_hygiene", "and nobody else does");
}

#[test]
fn a_device_without_power_lets_nobody_in() {
    let dark = |text: String| {
        let dark = "id = \"dark\"\nby = \"mallory\"\ndo = \"cut-power\"\nto = \"pump\"\nfor_min = 5\nat_min = 508\n\n[[step]]\nid = \"seen-code\"";
        text.replace("id = \"seen-code\"", dark)
    };
    let run = run(path(&panel(dark)), &[]);
    for arm_name in ["as-sold/attack", "hardened/attack"] {
        let seen = step(&run, arm_name, "seen-code");
        assert_eq!(
            (&seen["succeeded"], &seen["stopped_by"][0]),
            (&0.into(), &"access:login".into())
        );
    }
}
