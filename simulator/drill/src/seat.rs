//! Seats, and the tokens by which they are known.
//!
//! A token is 128 random bits from the system. It is kept and compared as its SHA-256, so that the
//! comparison takes the same time whatever was guessed, and the time says nothing of the token.
//! Tokens lie beside the journal, readable by its owner alone: a drill that goes on after a kill
//! opens to the same browsers.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::DrillError;

/// Who sits at a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seat {
    /// Leads the exercise and sees what is true.
    Instructor,
    /// Looks after the wearer and sees what the devices show.
    Player,
}

/// The name of the file.
const FILE: &str = "tokens.json";

/// The tokens of a drill.
pub(crate) struct Tokens {
    instructor: Token,
    player: Token,
}

struct Token {
    text: String,
    digest: [u8; 32],
}

impl Seat {
    /// Where what is kept for each seat lies for this one, of three: whoever has no seat comes first.
    pub(crate) const fn place(seat: Option<Self>) -> usize {
        match seat {
            None => 0,
            Some(Self::Instructor) => 1,
            Some(Self::Player) => 2,
        }
    }

    /// Its name, which is also the first part of its addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instructor => "instructor",
            Self::Player => "player",
        }
    }
}

impl Tokens {
    /// Those of the drill in `state`, drawn anew if there are none.
    pub(crate) fn kept(state: &Path) -> Result<Self, DrillError> {
        let path = state.join(FILE);
        let found = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let unkept = |source| DrillError::State { path: path.clone(), source };
        if let Some(tokens) = found.and_then(Self::read) {
            own(&path).map_err(unkept)?;
            return Ok(tokens);
        }
        let tokens = Self::drawn()?;
        tokens.keep(&path).map_err(unkept)?;
        Ok(tokens)
    }

    fn drawn() -> Result<Self, DrillError> {
        Ok(Self { instructor: Token::drawn()?, player: Token::drawn()? })
    }

    fn read([instructor, player]: [String; 2]) -> Option<Self> {
        let differ = instructor != player;
        Some(Self { instructor: Token::read(instructor)?, player: Token::read(player)? })
            .filter(|_| differ)
    }

    fn keep(&self, path: &Path) -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        if path.exists() {
            std::fs::remove_file(path)?; // what was there is no pair of tokens
        }
        let text = serde_json::to_vec(&[&self.instructor.text, &self.player.text])?;
        options.open(path)?.write_all(&text)
    }

    pub(crate) fn text(&self, seat: Seat) -> &str {
        &self.of(seat).text
    }

    fn of(&self, seat: Seat) -> &Token {
        match seat {
            Seat::Instructor => &self.instructor,
            Seat::Player => &self.player,
        }
    }

    /// Whether `given` is the token of `seat`.
    pub(crate) fn is_for(&self, seat: Seat, given: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(given.as_bytes()).into();
        self.of(seat).digest.ct_eq(&digest).into()
    }
}

/// Nobody else may read it, whoever could before.
fn own(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

impl Token {
    fn drawn() -> Result<Self, DrillError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| DrillError::Random(error.to_string()))?;
        let text = bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok(Self { digest: Sha256::digest(text.as_bytes()).into(), text })
    }

    fn read(text: String) -> Option<Self> {
        let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self { digest: Sha256::digest(text.as_bytes()).into(), text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_seat_and_no_other() {
        let tokens = Tokens::drawn().expect("random bytes");
        let player = tokens.text(Seat::Player).to_owned();
        assert_eq!(player.len(), 32);
        assert!(tokens.is_for(Seat::Player, &player));
        assert!(!tokens.is_for(Seat::Instructor, &player));
        assert!(!tokens.is_for(Seat::Player, ""));
        assert!(!tokens.is_for(Seat::Player, &player[..31]));
    }

    #[test]
    fn tokens_last_as_long_as_their_drill() {
        let state = tempfile::tempdir().expect("a directory");
        let first = Tokens::kept(state.path()).expect("tokens");
        let again = Tokens::kept(state.path()).expect("tokens");
        assert!(again.is_for(Seat::Player, first.text(Seat::Player)));
    }

    #[test]
    fn a_file_that_holds_no_tokens_is_replaced() {
        let state = tempfile::tempdir().expect("a directory");
        for text in ["", "[]", r#"["",""]"#, r#"["a","a"]"#, "{\"x\":1}"] {
            std::fs::write(state.path().join(FILE), text).expect("a file");
            let tokens = Tokens::kept(state.path()).expect("tokens");
            assert_eq!(tokens.text(Seat::Player).len(), 32, "{text}");
        }
    }

    #[test]
    fn no_two_tokens_are_the_same() {
        let (a, b) = (Tokens::drawn().expect("bytes"), Tokens::drawn().expect("bytes"));
        assert_ne!(a.text(Seat::Player), b.text(Seat::Player));
        assert_ne!(a.text(Seat::Player), a.text(Seat::Instructor));
    }
}
