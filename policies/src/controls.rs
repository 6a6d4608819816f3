//! How the place is run: controls, each a mechanism with parameters.
//!
//! The ids are those of the attack catalogue. A pack names a control only where a mechanism of this
//! version runs it: a control that would change nothing is refused.

use serde::Deserialize;
use toml::Spanned;

use crate::error::PackError;

/// Every control id of the attack catalogue.
pub const CONTROLS: [&str; 24] = [
    "auth",
    "backup_downtime",
    "cred_hygiene",
    "decommission",
    "drug_library_check",
    "e2e_integrity",
    "encryption",
    "endpoint_block",
    "human_confirm",
    "input_validation",
    "least_privilege",
    "local_alarm",
    "mfa",
    "monitoring",
    "nonce",
    "patching",
    "physical_control",
    "plausibility",
    "rate_limit",
    "rest_protection",
    "segmentation",
    "signed_update",
    "third_party_isolation",
    "time_auth",
];

const WITH_SETTINGS: &str = "auth, encryption, nonce, rate_limit";
const FILE: &str = "controls.toml";

/// Which controls run, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Controls {
    auth: Option<Auth>,
    encryption: Option<Encryption>,
    nonce: Option<Nonce>,
    rate_limit: Option<RateLimit>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Auth {
    #[serde(default = "device")]
    key_scope: KeyScope,
    #[serde(default = "presses")]
    pairing_presses: f64,
    #[serde(default = "seconds")]
    pairing_s: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeyScope {
    Device,
    Site,
    Fleet,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encryption {
    #[serde(rename = "suite")]
    _suite: Suite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Suite {
    #[serde(rename = "chacha20-poly1305")]
    ChaCha20Poly1305,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nonce {
    #[serde(default = "window")]
    window: u64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimit {
    per_h: u32,
}

const fn device() -> KeyScope {
    KeyScope::Device
}
const fn presses() -> f64 {
    8.0
}
const fn seconds() -> f64 {
    45.0
}
const fn window() -> u64 {
    64
}

impl Controls {
    /// Reads `controls.toml`: one table per control; every mistake at once.
    pub(crate) fn read(text: &str) -> Result<Self, Vec<PackError>> {
        type Table = std::collections::BTreeMap<Spanned<String>, Spanned<toml::Value>>;
        let table: Table =
            toml::from_str(text).map_err(|error| vec![PackError::of_toml(FILE, &error)])?;
        let (mut controls, mut errors) = (Self::default(), Vec::new());
        for (id, settings) in table {
            if let Err(error) = controls.turn_on(&id, settings) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(controls) } else { Err(errors) }
    }

    fn turn_on(
        &mut self,
        id: &Spanned<String>,
        settings: Spanned<toml::Value>,
    ) -> Result<(), PackError> {
        match id.get_ref().as_str() {
            "auth" => self.auth = Some(checked(settings, Auth::is_sound)?),
            "encryption" => self.encryption = Some(parameters(settings)?),
            "nonce" => self.nonce = Some(checked(settings, Nonce::is_sound)?),
            "rate_limit" => self.rate_limit = Some(parameters(settings)?),
            other if CONTROLS.contains(&other) => {
                let message = format!("the control `{other}` has no settings of its own");
                let help = format!(
                    "a rule with `@control(\"{other}\")` or a limit with `control = \"{other}\"` enforces it; with settings: {WITH_SETTINGS}"
                );
                return Err(PackError::new(FILE, id.span(), message, help));
            }
            other => {
                let message = format!("there is no control `{other}`");
                let help = format!("one of: {}", CONTROLS.join(", "));
                return Err(PackError::new(FILE, id.span(), message, help));
            }
        }
        Ok(())
    }

    /// Whether frames carry a proof of who sent them.
    pub fn auth(&self) -> bool {
        self.auth.is_some()
    }

    /// Whether frames are sealed.
    pub fn encryption(&self) -> bool {
        self.encryption.is_some()
    }

    /// How far a frame's counter may lie behind the highest seen; none when nobody looks.
    pub fn nonce_window(&self) -> Option<u64> {
        self.nonce.as_ref().map(|nonce| nonce.window)
    }

    /// Whom one key opens: `device`, `site` or `fleet`.
    pub fn key_scope(&self) -> &'static str {
        match self.auth.as_ref().map(|auth| auth.key_scope) {
            None | Some(KeyScope::Device) => "device",
            Some(KeyScope::Site) => "site",
            Some(KeyScope::Fleet) => "fleet",
        }
    }

    /// What pairing costs a person: key presses, and seconds [s].
    pub fn pairing(&self) -> (f64, f64) {
        self.auth.as_ref().map_or((0.0, 0.0), |auth| (auth.pairing_presses, auth.pairing_s))
    }

    /// Accepted commands per hour from peers; none when nobody counts.
    pub fn rate_limit_per_h(&self) -> Option<u32> {
        self.rate_limit.as_ref().map(|limit| limit.per_h)
    }

    /// The controls that run.
    pub fn running(&self) -> Vec<&'static str> {
        let all = [
            ("auth", self.auth.is_some()),
            ("encryption", self.encryption.is_some()),
            ("nonce", self.nonce.is_some()),
            ("rate_limit", self.rate_limit.is_some()),
        ];
        all.into_iter().filter(|(_, on)| *on).map(|(id, _)| id).collect()
    }

    pub(crate) fn without(&self, id: &str) -> Self {
        let mut left = self.clone();
        left.set(id, &Self::default());
        left
    }

    pub(crate) fn with(&self, id: &str, from: &Self) -> Self {
        let mut more = self.clone();
        more.set(id, from);
        more
    }

    fn set(&mut self, id: &str, from: &Self) {
        match id {
            "auth" => self.auth.clone_from(&from.auth),
            "encryption" => self.encryption.clone_from(&from.encryption),
            "nonce" => self.nonce.clone_from(&from.nonce),
            "rate_limit" => self.rate_limit.clone_from(&from.rate_limit),
            _ => {}
        }
    }
}

impl Auth {
    fn is_sound(&self) -> Result<(), &'static str> {
        let cost = [self.pairing_presses, self.pairing_s];
        let sound = cost.iter().all(|number| number.is_finite() && *number >= 0.0);
        if sound { Ok(()) } else { Err("`pairing_presses` and `pairing_s` are numbers from 0") }
    }
}

impl Nonce {
    fn is_sound(&self) -> Result<(), &'static str> {
        if self.window <= 64 { Ok(()) } else { Err("`window` is at most 64 frames") }
    }
}

/// Parameters that are what they may be.
fn checked<T: serde::de::DeserializeOwned>(
    settings: Spanned<toml::Value>,
    is_sound: impl Fn(&T) -> Result<(), &'static str>,
) -> Result<T, PackError> {
    let at = settings.span();
    let read = parameters(settings)?;
    is_sound(&read).map_err(|why| PackError::new(FILE, at, why, "see policies/README.md"))?;
    Ok(read)
}

fn parameters<T: serde::de::DeserializeOwned>(
    settings: Spanned<toml::Value>,
) -> Result<T, PackError> {
    let at = settings.span();
    settings.into_inner().try_into().map_err(|error: toml::de::Error| {
        PackError::new(FILE, at, error.message().trim(), String::new())
    })
}
