//! Where two results differ.

use std::collections::BTreeSet;

use serde_json::Value;

/// The first place where `now` differs from what was recorded, as a JSON pointer (RFC 6901), with
/// what stands there in each.
pub(crate) fn first(recorded: &Value, now: &Value) -> Option<String> {
    at(String::new(), Some(recorded), Some(now))
}

fn at(path: String, recorded: Option<&Value>, now: Option<&Value>) -> Option<String> {
    match (recorded, now) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let below =
                |key: &String| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
            keys.into_iter().find_map(|key| at(below(key), a.get(key), b.get(key)))
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            let mut places = 0..a.len().max(b.len());
            places.find_map(|i| at(format!("{path}/{i}"), a.get(i), b.get(i)))
        }
        (recorded, now) if recorded == now => None,
        (recorded, now) => Some(format!(
            "{path} differs\n  recorded  {}\n  now       {}",
            told(recorded),
            told(now)
        )),
    }
}

/// A value in at most a line.
fn told(value: Option<&Value>) -> String {
    let text = value.map_or("nothing".to_owned(), Value::to_string);
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_first(recorded: Value, now: Value, expected: &str) {
        let found = first(&recorded, &now).unwrap_or_else(|| "nothing differs".to_owned());
        assert!(found.starts_with(expected), "{found}");
    }

    #[test]
    fn the_first_place_is_named_with_both_values() {
        let now = json!({ "a": [{ "b/c": 1.5 }, 2], "d": null });
        check_first(now.clone(), now.clone(), "nothing differs");
        let told = "/a/0/b~1c differs\n  recorded  1.25\n  now       1.5";
        check_first(json!({ "a": [{ "b/c": 1.25 }, 2], "d": null }), now.clone(), told);
        check_first(
            json!({ "a": [{ "b/c": 1.5 }], "d": null }),
            now.clone(),
            "/a/1 differs\n  recorded  nothing",
        );
        check_first(
            json!({ "a": [{ "b/c": 1.5 }, 2] }),
            now.clone(),
            "/d differs\n  recorded  nothing",
        );
        check_first(
            json!({ "a": [{ "b/c": 1.5 }, 2], "d": null, "e": {} }),
            now,
            "/e differs\n  recorded  {}",
        );
    }
}
