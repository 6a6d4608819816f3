use super::super::Scenario;
use super::*;

/// A rule with `count` and the lines `more`.
fn rule(count: &str, more: &str) -> String {
    format!(
        "horizon_h = 1\n[replicate.bed]\n{count}\n[replicate.bed.patient]\nmodel = \"uva-padova\"\nid = \"adult#001\"\n\
        [replicate.bed.device.pump]\nmodel = \"insulin-pump\"\npatient = \"bed\"\npeers = {{ remote = \"remote\", server = \"server\" }}\n\
        config = {{ label = \"bed {{n}}\" }}\n\
        [replicate.bed.device.remote]\nmodel = \"insulin-pump-remote\"\npatient = \"bed\"\n\
        [replicate.bed.link.rf]\nmedium = \"ble\"\nnodes = [\"pump\", \"remote\", \"server\"]\n\
        [device.server]\nmodel = \"update-server\"\n{more}"
    )
}

fn beds(count: &str, more: &str) -> Scenario {
    let scenario = Scenario::parse(&rule(count, more)).expect("a scenario");
    scenario.replicated().expect("rules that can be followed")
}

/// Asserts what an author sees: the message, the help, and the underlined text.
#[track_caller]
fn check_refused(text: &str, message: &str, help: &str, underlined: &str) {
    let scenario = Scenario::parse(text).expect("a scenario");
    let errors = scenario.replicated().err().unwrap_or_default();
    let [error] = &errors[..] else { panic!("{} mistakes: {errors:?}", errors.len()) };
    assert_eq!(error.message, message);
    assert!(error.help.as_deref().is_some_and(|h| h.contains(help)), "{:?}", error.help);
    assert_eq!(&text[error.at.clone().expect("a place")], underlined);
}

fn texts(names: &[Spanned<String>]) -> Vec<&str> {
    names.iter().map(|name| name.get_ref().as_str()).collect()
}

#[test]
fn a_rule_makes_beds_that_are_numbered() {
    let scenario = beds("count = 12", "");
    let patients: Vec<&str> = scenario.patient.keys().map(String::as_str).collect();
    assert_eq!(patients.len(), 12);
    assert_eq!((patients[0], patients[11]), ("bed-01", "bed-12"));
    assert_eq!(scenario.device.len(), 25);
    assert_eq!(
        texts(&scenario.link["bed-07-rf"].nodes),
        ["bed-07-pump", "bed-07-remote", "server"]
    );
    let pump = &scenario.device["bed-07-pump"];
    assert_eq!(pump.patient.as_ref().map(|p| p.get_ref().as_str()), Some("bed-07"));
    assert_eq!(pump.config["label"], Value::Text("bed 07".to_owned()));
}

#[test]
fn a_peer_is_the_bed_s_own_or_one_that_beds_share() {
    let scenario = beds("count = 3000", "[device.cgm]\nmodel = \"cgm\"\n");
    assert_eq!(scenario.peer("bed-0042-pump", "remote"), "bed-0042-remote");
    assert_eq!(scenario.peer("bed-0042-pump", "server"), "server");
    assert_eq!(scenario.peer("bed-0042-remote", "pump"), "bed-0042-pump", "without being named");
    assert_eq!(scenario.peer("bed-0042-pump", "cgm"), "cgm", "the bed has none of its own");
}

#[test]
fn what_is_keyed_in_is_keyed_in_at_the_bed_s_own_device() {
    let orders = "orders = [{ at_min = 1, device = \"pump\", key = \"stop\" }]\n";
    let text = rule("count = 2", "").replacen("id = ", &format!("{orders}id = "), 1);
    let scenario = Scenario::parse(&text).expect("a scenario").replicated().expect("beds");
    let device = |bed: &str| scenario.patient[bed].orders[0].device.get_ref().clone();
    assert_eq!([device("bed-01"), device("bed-02")], ["bed-01-pump", "bed-02-pump"]);
}

#[test]
fn config_counts_up_from_bed_to_bed() {
    let scenario = beds("count = 3", "[replicate.bed.first.pump]\nserial = 508042\n");
    let serial = |bed: &str| scenario.device[&format!("{bed}-pump")].config["serial"].clone();
    let serials = ["bed-01", "bed-02", "bed-03"].map(serial);
    assert_eq!(serials, [508_042.0, 508_043.0, 508_044.0].map(Value::Number));
}

#[test]
fn a_star_is_every_bed() {
    let scenario = beds(
        "count = 2",
        "[link.lan]\nmedium = \"ble\"\nnodes = [\"server\", \"bed-*-pump\"]\n\
        [adversary.eve]\nposition = \"adjacent-radio\"\nlinks = [\"bed-*-rf\", \"lan\"]\nknows = [\"bed-*-pump.serial\"]\n\
        [account.nurse]\ndevices = [\"bed-*-pump\"]\nrole = \"clinician\"\nsecret = \"abcd\"\n",
    );
    assert_eq!(texts(&scenario.link["lan"].nodes), ["server", "bed-01-pump", "bed-02-pump"]);
    let eve = &scenario.adversary["eve"];
    assert_eq!(texts(&eve.links), ["bed-01-rf", "bed-02-rf", "lan"]);
    assert_eq!(texts(&eve.knows), ["bed-01-pump.serial", "bed-02-pump.serial"]);
    assert_eq!(texts(&scenario.account["nurse"].devices), ["bed-01-pump", "bed-02-pump"]);
}

#[test]
fn one_device_is_the_peer_of_every_bed_s() {
    let central = |role: &str| {
        format!(
            "[device.central]\nmodel = \"central-station\"\npeers = {{ \"{role}\" = \"bed-*-pump\" }}\n"
        )
    };
    let scenario = beds("count = 3", &central("pump-*"));
    let of = |role| scenario.peer("central", role);
    assert_eq!(
        [of("pump"), of("pump-2"), of("pump-3")],
        ["bed-01-pump", "bed-02-pump", "bed-03-pump"]
    );
    let message = "`pump` is one peer, and `bed-*-pump` many";
    check_refused(&rule("count = 3", &central("pump")), message, "`\"pump-*\"", "\"bed-*-pump\"");
}

#[test]
fn a_step_with_a_star_is_one_for_each_bed_and_follows_that_of_its_own() {
    let scenario = beds(
        "count = 2",
        "[[step]]\nid = \"learn\"\nby = \"eve\"\ndo = \"listen\"\non = \"bed-*-rf\"\n\
        [[step]]\nid = \"bolus\"\nby = \"eve\"\ndo = \"inject\"\nto = \"bed-*-pump\"\nafter = \"learn\"\n\
        [[step]]\nid = \"one\"\nby = \"eve\"\ndo = \"inject\"\nto = \"bed-02-pump\"\nafter = \"learn-bed-02\"\n",
    );
    let ids: Vec<_> = scenario.step.iter().map(|step| step.id.get_ref().as_str()).collect();
    assert_eq!(ids, ["learn-bed-01", "learn-bed-02", "bolus-bed-01", "bolus-bed-02", "one"]);
    let last = &scenario.step[3];
    assert_eq!(last.to.as_ref().map(|to| to.get_ref().as_str()), Some("bed-02-pump"));
    assert_eq!(last.after.as_ref().map(|to| to.get_ref().as_str()), Some("learn-bed-02"));
    assert_eq!((last.written.as_deref(), &scenario.step[4].written), (Some("bolus"), &None));
}

#[test]
fn a_scenario_says_otherwise_of_its_site_s_rule() {
    let site = Scenario::parse_site(&rule("count = 12", ""), 400).expect("a site");
    let text = "site = \"ward\"\n[replicate.bed]\ncount = 3\n\
        [replicate.bed.device.cgm]\nmodel = \"cgm\"\npatient = \"bed\"\n\
        [patient.bed-02]\nmodel = \"uva-padova\"\nid = \"child#001\"\n";
    let scenario = Scenario::parse(text).expect("a scenario").over(site).replicated();
    let scenario = scenario.expect("rules that can be followed");
    assert_eq!((scenario.patient.len(), scenario.device.len()), (3, 10));
    let id = |bed: &str| scenario.patient[bed].id.as_ref().map(|id| id.get_ref().clone());
    assert_eq!(id("bed-02").as_deref(), Some("child#001"));
    assert_eq!(id("bed-03").as_deref(), Some("adult#001"));
}

#[test]
fn a_number_of_beds_that_cannot_be() {
    for count in ["0", "-1", "1000000000", "20001", "9223372036854775807"] {
        let message = format!("`bed` is to be there {count} times");
        check_refused(&rule(&format!("count = {count}"), ""), &message, "from 1 to 20000", count);
    }
    check_refused(&rule("", ""), "`[replicate.bed]` does not say how many", "`count = 12`", "bed");
    let message = "`bed` makes 20001 devices or links";
    check_refused(&rule("count = 10000", ""), message, "at most 20000 in a scenario", "10000");
    let nothing = "[replicate.bed]\ncount = 4\n";
    check_refused(nothing, "`[replicate.bed]` makes nothing", "replicate.bed.device", "bed");
}

#[test]
fn names_that_are_there_already() {
    let taken = "[device.bed-02-pump]\nmodel = \"cgm\"\n";
    let message = "rule `bed` makes `bed-02-pump`, which is there already";
    check_refused(&rule("count = 3", taken), message, "another name", "\"insulin-pump\"");
    let other = "[replicate.bed-02]\ncount = 2\n[replicate.bed-02.device.x]\nmodel = \"cgm\"\n\
        [replicate.bed.device.01-x]\nmodel = \"cgm\"\n";
    let message = "rule `bed-02` makes `bed-02-01-x`, which is there already";
    check_refused(&rule("count = 3", other), message, "another name", "\"cgm\"");
}

#[test]
fn names_of_nothing() {
    let link = |node: &str| {
        let lan = format!("[link.lan]\nmedium = \"ble\"\nnodes = [\"server\", \"{node}\"]\n");
        rule("count = 3", &lan)
    };
    let check = |node: &str, message: &str, help: &str| {
        check_refused(&link(node), message, help, &format!("\"{node}\""));
    };
    check("bed-*-pmp", "`bed-*-pmp` is nothing that the rule makes", "it has: pump, remote");
    check("bed-*", "`bed-*` is nothing that the rule makes", "it has: pump, remote");
    check("bad-*-pump", "`bad-*-pump` is of no rule", "it has: bed-*");
    check("*", "`*` is of no rule", "it has: bed-*");
    check("bed-*-*-pump", "`bed-*-*-pump` is nothing that the rule makes", "it has: pump");
    let first = "[replicate.bed.first.pmp]\nserial = 1\n";
    let message = "`bed` has no device `pmp`";
    check_refused(&rule("count = 3", first), message, "it has: pump, remote", "pmp");
    let step = "[[step]]\nid = \"s\"\nby = \"eve\"\ndo = \"inject\"\nto = \"bed-*-pmp\"\n";
    let message = "`bed-*-pmp` is nothing that the rule makes";
    check_refused(&rule("count = 3", step), message, "it has: pump", "\"bed-*-pmp\"");
}

#[test]
fn rules_about_rules() {
    let within = "[replicate.bed.link.all]\nmedium = \"ble\"\nnodes = [\"bed-*-pump\"]\n";
    let message = "`bed-*-pump` inside a rule";
    check_refused(&rule("count = 3", within), message, "the bed's own", "\"bed-*-pump\"");
    let nested = rule("count = 3", "[replicate.bed.replicate.pump]\ncount = 2\n");
    let error = Scenario::parse(&nested).expect_err("refused");
    assert!(error.message.starts_with("unknown field `replicate`"), "{}", error.message);
    assert!(error.help.is_some_and(|help| help.contains("device")));
    let two = "[replicate.cot]\ncount = 2\n[replicate.cot.device.pump]\nmodel = \"insulin-pump\"\n\
        [[step]]\nid = \"s\"\nby = \"eve\"\ndo = \"inject\"\nto = \"bed-*-pump\"\nfrom = \"cot-*-pump\"\n";
    let message = "step `s` is about beds of two rules";
    check_refused(&rule("count = 3", two), message, "one number", "\"cot-*-pump\"");
}

#[test]
fn more_names_and_steps_than_anybody_reads() {
    let nodes = "\"bed-*-pump\", ".repeat(30);
    let lan = format!("[link.lan]\nmedium = \"ble\"\nnodes = [{nodes}]\n");
    let message = "`bed-*-pump` stands for too many names";
    check_refused(&rule("count = 9000", &lan), message, "at most 200000", "\"bed-*-pump\"");
    let step = |id| {
        format!("[[step]]\nid = \"{id}\"\nby = \"eve\"\ndo = \"inject\"\nto = \"bed-*-pump\"\n")
    };
    let steps: String = ["a", "b", "c"].map(step).concat();
    let message = "step `c` is one of too many";
    check_refused(&rule("count = 9000", &steps), message, "at most 20000", "\"c\"");
}
