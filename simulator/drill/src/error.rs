//! Why a drill cannot be held, and what to do about it.

use std::path::PathBuf;

/// Why a drill cannot be held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrillError {
    /// Somebody else listens there, or we may not.
    #[error("cannot listen on `{address}`: {source}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The directory of the drill cannot be used.
    #[error("cannot keep the drill in `{}`: {source}", .path.display())]
    State {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the same drill.
    #[error("the drill in `{}` is being held by another process", .path.display())]
    Held {
        /// Which.
        path: PathBuf,
    },
    /// The journal there is of another exercise.
    #[error("the drill in `{}` is another one: its {field} is `{found}`, not `{wanted}`", .path.display())]
    AnotherDrill {
        /// Where.
        path: PathBuf,
        /// What differs.
        field: &'static str,
        /// What the journal says.
        found: String,
        /// What this exercise is.
        wanted: String,
    },
    /// A line of the journal is none.
    #[error("`{}`, line {line}: {why}", .path.display())]
    Journal {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody is there to look after.
    #[error("the scenario has no patient with a bedside")]
    NoBedside,
    /// The speed is none.
    #[error("a drill cannot run at {0} times the pace of life")]
    Speed(f64),
    /// The system gave no randomness for the tokens.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// The thread that held the exercise broke off.
    #[error("the exercise broke off: a bug of medtwin")]
    Broken {
        /// Where it is kept.
        path: PathBuf,
    },
    /// What is left of a drill could not be written.
    #[error("the debrief could not be written: {why}")]
    Debrief {
        /// What went wrong.
        why: String,
    },
    /// A thread or the server's own machinery could not be started.
    #[error("cannot start the server: {0}")]
    Start(std::io::Error),
}

impl DrillError {
    /// What to do about it.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Listen { .. } => {
                "give another address, such as `--listen 127.0.0.1:0` for any free port"
            }
            Self::State { .. } => {
                "`--state` is a directory of this drill alone, on a disk with space"
            }
            Self::Held { .. } => "end that one first, or give another directory with `--state`",
            Self::AnotherDrill { .. } => {
                "go on with that exercise, or give a new directory with `--state`"
            }
            Self::Journal { .. } => {
                "only the last line may be torn, and a changed line cannot be trusted: keep the \
                 file for inspection and give a new directory with `--state`"
            }
            Self::NoBedside => "a drill needs one: `[patient.NAME]` in the scenario or its site",
            Self::Speed(_) => "`--speed` is 0.25 to 600",
            Self::Random(_) => "without them anybody could guess the tokens",
            Self::Broken { .. } => {
                "all that was acknowledged is kept: the same command goes on there"
            }
            Self::Debrief { .. } => "mend that, then give the same command again: it is kept",
            Self::Start(_) => "the machine is out of threads or file handles",
        }
    }
}
