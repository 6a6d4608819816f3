use std::path::Path;

use super::*;

fn nothing_given() -> New {
    New { site: None, attack: None, patient: None, title: None, out: None }
}

/// What is chosen by somebody who types `answers`.
fn chosen(new: &New, answers: &str) -> Result<Chosen, Problems> {
    new.choose(Some(Dialogue::new(answers.as_bytes(), Vec::new())))
}

#[test]
fn whatever_is_not_given_is_asked_for() {
    let chosen = chosen(&nothing_given(), "home\njam\nchild#001\nA child\nmy-dir\n");
    let chosen = chosen.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((chosen.site.as_str(), chosen.attack.name.as_str()), ("home", "jam"));
    assert_eq!((chosen.patient.as_deref(), chosen.title.as_str()), (Some("child#001"), "A child"));
    assert_eq!(chosen.out, Path::new("my-dir"));
}

#[test]
fn an_empty_answer_is_the_usual_one_and_a_number_a_choice() {
    let site = library::site_names()
        .iter()
        .filter(|name| sites().iter().any(|s| s.name == **name))
        .count();
    let chosen = chosen(&nothing_given(), &format!("nowhere\n0\n99\n{site}\n\n\n\n\n"));
    let chosen = chosen.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(chosen.site, sites().last().map(|site| site.name.clone()).unwrap_or_default());
    assert_eq!(chosen.title, chosen.attack.about);
    assert!(chosen.patient.is_none());
    assert_eq!(chosen.out, Path::new(&format!("{}-{}", chosen.site, chosen.attack.name)));
}

#[test]
fn what_was_given_is_not_asked() {
    let new = New { site: Some("home".to_owned()), out: Some("x".into()), ..nothing_given() };
    assert!(chosen(&new, "none\n\n\n").is_ok());
    let nobody = new.choose(None::<Dialogue<&[u8], Vec<u8>>>);
    assert_eq!(nobody.map(|chosen| chosen.attack.name).unwrap_or_default(), "forged-bolus");
}

#[test]
fn who_gives_no_answer_is_not_asked_for_ever() {
    for answers in ["", "home\n", "x\nx\nx\nx\nx\nx\nx\n", "home\nnone\n\u{0}\n"] {
        assert!(chosen(&nothing_given(), answers).is_err(), "{answers:?}");
    }
    let garbage = Dialogue::new(&[0xff, 0xfe, b'\n'][..], Vec::new());
    assert!(nothing_given().choose(Some(garbage)).is_err());
    let endless = "x".repeat(1 << 20);
    assert!(chosen(&nothing_given(), &endless).is_err());
}

#[test]
fn patients_of_a_site_are_somebody_else() {
    let site = "[patient.alex]\nmodel = \"uva-padova\"\nid = \"adult#001\"\nmeals = [{ at_h = 1.0, carbs_g = 45 }]\n\
        [replicate.bed]\ncount = 2\n[replicate.bed.patient]\nmodel = \"uva-padova\"\npopulation = {}\n";
    let other = patients(site, "child#001").expect("patients");
    let other = Scenario::parse(&other).expect("a scenario");
    let id = |patient: &medtwin_engine::scenario::Patient| {
        patient.id.as_ref().map(|id| id.get_ref().clone())
    };
    assert_eq!(id(&other.patient["alex"]).as_deref(), Some("child#001"));
    assert_eq!(other.patient["alex"].meals.len(), 1);
    let rule = other.replicate.values().next().and_then(|rule| rule.patient.as_ref());
    assert_eq!(rule.and_then(id).as_deref(), Some("child#001"));
    assert!(patients("title = \"empty\"", "adult").is_none());
    assert!(patients(site, "adult").is_some_and(|text| text.contains("group = \"adult\"")));
}
