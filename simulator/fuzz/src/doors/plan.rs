//! `plan/plan.json`: whatever it says, no file is taken that is not what it states.

use std::cell::RefCell;
use std::collections::BTreeSet;

use medtwin::doors::plan;
use sha2::{Digest as _, Sha256};

const INDEX: &str = "plan/plan.json";
/// The one file that lies there.
const FILE: (&str, &[u8]) = ("plan/intent.cedar", b"// nothing is meant\n");

pub(super) fn good() -> Vec<Vec<u8>> {
    let digest: String = Sha256::digest(FILE.1).iter().map(|byte| format!("{byte:02x}")).collect();
    let index = format!(
        r#"{{
  "schema": "medtwin.plan/1", "engine": "0.1.0", "scenario": "s", "reference": "as-sold", "candidate": "hardened",
  "seed": 1, "trial": 0, "arms": ["as-sold/clean", "hardened-auth/attack"], "varied": true, "judge": true, "ablate": false,
  "files": {{ "intent.cedar": "{digest}" }}
}}
"#
    );
    vec![index.into_bytes()]
}

pub(super) fn open(input: &[u8]) {
    let asked = RefCell::new(BTreeSet::new());
    let file = |path: &str| {
        asked.borrow_mut().insert(path.to_owned());
        match path {
            INDEX => Some(input.to_vec()),
            _ if path == FILE.0 => Some(FILE.1.to_vec()),
            _ => None,
        }
    };
    let taken = plan(file);
    let below = |path: &String| path.starts_with("plan/");
    assert!(asked.borrow().iter().all(below), "only what lies below is asked for: {asked:?}");
    match taken {
        Ok(files) => files.iter().for_each(|(path, bytes)| {
            assert_eq!((format!("plan/{path}").as_str(), &bytes[..]), FILE, "as it lies there");
        }),
        Err(why) => assert!(!why.is_empty()),
    }
}
