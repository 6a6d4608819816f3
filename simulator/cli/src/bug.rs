//! What is not anybody's mistake but ours.

use std::panic::{UnwindSafe, catch_unwind, set_hook};

/// The exit code of a bug.
pub(crate) const CODE: u8 = 3;

/// Does `work` and returns its exit code, or that of a bug if it panics.
pub(crate) fn told(work: impl FnOnce() -> u8 + UnwindSafe) -> u8 {
    catch_unwind(work).unwrap_or(CODE)
}

/// From now on a panic says what to report.
pub(crate) fn tell() {
    set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let at = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
        eprint!("{}", report(message, &at));
    }));
}

fn report(message: &str, at: &str) -> String {
    format!(
        "medtwin {}: this is a bug of ours, and not of your input.\n  {message}\n  at {at}\n\
         Please report these lines, with the command line and the scenario or the directory it was given.\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_exit_code_3_wherever_it_happens() {
        assert_eq!(told(|| 1), 1);
        assert_eq!(told(|| panic!("ours")), 3);
        let in_a_pool = || {
            rayon::join(|| (), || panic!("ours"));
            0
        };
        assert_eq!(told(in_a_pool), 3);
    }

    #[test]
    fn a_bug_says_what_to_report() {
        let report = report("index out of bounds", "node.rs:7:1");
        for words in ["a bug of ours", "index out of bounds", "at node.rs:7:1", "Please report"] {
            assert!(report.contains(words), "{report}");
        }
    }
}
