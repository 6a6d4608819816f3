//! Files of vectors, which are as hostile as any other: read, bounded, and refused with a place.

use std::io::Read as _;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problems;

/// The largest file of vectors [bytes].
const MAX_BYTES: u64 = 16 << 20;
/// How many vectors one may have, how long one lasts, and how long all together do [ms].
const MAX_VECTORS: usize = 10_000;
const MAX_MS: i64 = 3_600_000;
const MAX_TOTAL_MS: i64 = 360_000_000;

/// The text of a regular file that is not too large.
pub(super) fn text(path: &Path) -> Result<String, Problems> {
    let name = path.display();
    let unreadable =
        |error: std::io::Error| Problems::one(format!("cannot read `{name}`: {error}"), "");
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(Problems::one(
            format!("`{name}` is not a file"),
            "give a JSON file of vectors",
        ));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        let message = format!("`{name}` is larger than {MAX_BYTES} bytes");
        return Err(Problems::one(message, "split it into several files"));
    }
    Ok(text)
}

/// Reads a file of vectors of one kind.
pub(super) fn read<T: DeserializeOwned>(
    name: &str,
    text: &str,
    shape: &str,
) -> Result<T, Problems> {
    serde_json::from_str(text).map_err(|error| {
        // serde_json says the line and column itself.
        Problems::one(format!("`{name}` holds no such vectors: {error}"), shape)
    })
}

/// Refuses one vector, by its id.
pub(super) fn refused(
    name: &str,
    id: &str,
    message: impl std::fmt::Display,
    help: &str,
) -> Problems {
    Problems::one(format!("`{name}`, vector `{id}`: {message}"), help)
}

/// Bounds the number of vectors and the time that they take, each from 0 to its end.
pub(super) fn check_times<'a>(
    name: &str,
    ends: impl ExactSizeIterator<Item = (&'a str, i64)>,
) -> Result<(), Problems> {
    if ends.len() > MAX_VECTORS {
        let message = format!("`{name}` has {} vectors", ends.len());
        return Err(Problems::one(message, format!("at most {MAX_VECTORS} in one file")));
    }
    if ends.len() == 0 {
        let help = "`\"vectors\": [...]`, or `\"cases\"`, with one at least";
        return Err(Problems::one(format!("`{name}` has no vectors"), help));
    }
    let mut total = 0;
    for (id, end) in ends {
        if !(0..=MAX_MS).contains(&end) {
            let help = format!("a time in ms from 0 to {MAX_MS}");
            return Err(refused(name, id, format!("it ends at {end}"), &help));
        }
        total += end;
    }
    if total > MAX_TOTAL_MS {
        let message = format!("the vectors of `{name}` last {total} ms");
        return Err(Problems::one(message, format!("at most {MAX_TOTAL_MS} ms together")));
    }
    Ok(())
}

/// A time within a vector.
pub(super) fn check_time(name: &str, id: &str, at: i64) -> Result<(), Problems> {
    if (0..=MAX_MS).contains(&at) {
        return Ok(()); // what comes after the end is passed over: the references have such
    }
    let help = format!("a time in ms from 0 to {MAX_MS}");
    Err(refused(name, id, format!("the time {at}"), &help))
}

/// A whole number, a switch as 0 or 1, or nothing as 0; none of anything else.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Null => Some(0),
        Value::Bool(on) => Some(i64::from(*on)),
        other => other.as_i64(),
    }
}

/// ms as the engine's nanoseconds.
pub(super) fn ns(ms: i64) -> u64 {
    ms.max(0) as u64 * 1_000_000
}
