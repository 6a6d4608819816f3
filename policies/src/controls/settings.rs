//! The parameters of each control that runs, as `controls.toml` writes them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::controls::Segmentation;
use crate::error::PackError;
use crate::facts::Role;

/// Parameters of one control.
pub(super) trait Settings: DeserializeOwned {
    /// What they may be, where that is less than their types say.
    fn is_sound(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// A proof of who sent each frame.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Auth {
    pub(super) key_scope: KeyScope,
    pub(super) pairing_presses: f64,
    pub(super) pairing_s: f64,
    /// How long a key is valid after pairing [h]; for ever, if none.
    pub(super) key_life_h: Option<f64>,
    /// How long before that a key is renewed [h]; after the first failure, if none.
    pub(super) renew_before_h: Option<f64>,
}

/// Whom one key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyScope {
    Device,
    Site,
    Fleet,
}

/// Frames are sealed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encryption {
    #[serde(rename = "suite")]
    _suite: Suite,
    /// Frames in clear are taken beside sealed ones, for a peer that cannot seal.
    #[serde(default)]
    pub(super) accept_clear: bool,
}

/// What a device keeps is sealed, by a key of its own that does not leave the vault.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RestProtection {
    #[serde(rename = "suite")]
    _suite: Suite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Suite {
    #[serde(rename = "chacha20-poly1305")]
    ChaCha20Poly1305,
}

/// A frame counts once.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Nonce {
    pub(super) window: u64,
}

/// What the host does about a device's firmware.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SignedUpdate {
    pub(super) secure_boot: bool,
    pub(super) rollback_floor: bool,
    pub(super) confirm_min: f64,
    pub(super) attestation: bool,
}

/// Firewalls keep segments apart.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Segmented {
    pub(super) level: Segmentation,
}

/// Clocks are set by servers that prove who they are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TimeAuth {
    /// No further than this at once [s].
    pub(super) most_step_s: f64,
}

/// A version goes to some devices first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Patching {
    pub(super) first_wave: u32,
    pub(super) soak_min: f64,
    pub(super) halt_on_failures: u32,
}

/// So many commands in an hour.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateLimit {
    pub(super) per_h: u32,
}

/// People have secrets of their own, which are locked after wrong tries, and sessions end.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CredHygiene {
    pub(super) tries: u32,
    pub(super) lockout_min: f64,
    pub(super) session_min: f64,
    pub(super) break_glass_min: Option<f64>,
}

/// A one-time code beside the secret.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mfa {
    pub(super) roles: Vec<Who>,
    pub(super) skew_steps: u8,
}

/// A role that a second factor can be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Who {
    Wearer,
    Clinician,
    Service,
}

/// Service comes in when it was ordered, and only then.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThirdPartyIsolation {}

/// Nobody presses more keys to pair two devices.
const MAX_PAIRING_PRESSES: f64 = 10_000.0;
/// A day [s].
const MAX_PAIRING_S: f64 = 86_400.0;
/// A key lives longer than pairing takes [h].
const MIN_KEY_LIFE_H: f64 = 0.1;
/// Eleven years: longer than a pump is worn, and nanoseconds hold it [h].
const MAX_KEY_LIFE_H: f64 = 100_000.0;

impl Default for Auth {
    fn default() -> Self {
        Self {
            key_scope: KeyScope::Device,
            pairing_presses: 8.0,
            pairing_s: 45.0,
            key_life_h: None,
            renew_before_h: None,
        }
    }
}

impl Default for Nonce {
    fn default() -> Self {
        Self { window: 64 }
    }
}

impl Default for CredHygiene {
    fn default() -> Self {
        Self { tries: 5, lockout_min: 15.0, session_min: 10.0, break_glass_min: None }
    }
}

impl Default for Mfa {
    fn default() -> Self {
        Self { roles: vec![Who::Clinician, Who::Service], skew_steps: 1 }
    }
}

impl From<Who> for Role {
    fn from(who: Who) -> Self {
        match who {
            Who::Wearer => Self::Wearer,
            Who::Clinician => Self::Clinician,
            Who::Service => Self::Service,
        }
    }
}

impl Default for SignedUpdate {
    fn default() -> Self {
        Self { secure_boot: true, rollback_floor: true, confirm_min: 60.0, attestation: true }
    }
}

impl Default for Patching {
    fn default() -> Self {
        Self { first_wave: 1, soak_min: 60.0, halt_on_failures: 1 }
    }
}

impl Settings for SignedUpdate {
    fn is_sound(&self) -> Result<(), &'static str> {
        if !(1.0..=10_080.0).contains(&self.confirm_min) {
            return Err("`confirm_min` is from 1 min to a week");
        }
        match (self.rollback_floor, self.secure_boot) {
            (true, false) => {
                Err("`rollback_floor` needs `secure_boot`: who need not sign states any version")
            }
            _ => Ok(()),
        }
    }
}

impl Settings for Patching {
    fn is_sound(&self) -> Result<(), &'static str> {
        let sound = (1.0..=10_080.0).contains(&self.soak_min)
            && self.first_wave > 0
            && self.halt_on_failures > 0;
        let why = "`soak_min` is from 1 min to a week, `first_wave` and `halt_on_failures` from 1";
        if sound { Ok(()) } else { Err(why) }
    }
}

impl Settings for Auth {
    fn is_sound(&self) -> Result<(), &'static str> {
        let is_quick = (0.0..=MAX_PAIRING_S).contains(&self.pairing_s);
        if !is_quick || !(0.0..=MAX_PAIRING_PRESSES).contains(&self.pairing_presses) {
            return Err("`pairing_presses` is from 0 to 10000, `pairing_s` from 0 to 86400 s");
        }
        let is_life = |hours: f64| (MIN_KEY_LIFE_H..=MAX_KEY_LIFE_H).contains(&hours);
        if !self.key_life_h.is_none_or(is_life) {
            return Err("`key_life_h` is from 0.1 to 100000 h");
        }
        let is_within = |before: f64| self.key_life_h.is_some_and(|life| life - before >= 0.1);
        match self.renew_before_h {
            Some(before) if before < 0.0 || !is_within(before) => {
                Err("`renew_before_h` is from 0 and ends 0.1 h before `key_life_h`")
            }
            _ => Ok(()),
        }
    }
}

impl Settings for Nonce {
    fn is_sound(&self) -> Result<(), &'static str> {
        if self.window <= 64 { Ok(()) } else { Err("`window` is at most 64 frames") }
    }
}

impl Settings for CredHygiene {
    fn is_sound(&self) -> Result<(), &'static str> {
        let minutes = [self.lockout_min, self.session_min, self.break_glass_min.unwrap_or(1.0)];
        let sound = minutes.iter().all(|minutes| (0.1..=1440.0).contains(minutes));
        match self.tries {
            1..=100 if sound => Ok(()),
            1..=100 => {
                Err("`lockout_min`, `session_min` and `break_glass_min` are 0.1 to 1440 min")
            }
            _ => Err("`tries` is 1 to 100"),
        }
    }
}

impl Settings for Mfa {
    fn is_sound(&self) -> Result<(), &'static str> {
        match (self.roles.is_empty(), self.skew_steps) {
            (true, _) => Err("`roles` names nobody"),
            (_, 0..=4) => Ok(()),
            _ => Err("`skew_steps` is at most 4 steps of 30 s"),
        }
    }
}

impl Default for TimeAuth {
    fn default() -> Self {
        Self { most_step_s: 1.0 }
    }
}

impl Settings for TimeAuth {
    fn is_sound(&self) -> Result<(), &'static str> {
        let is_step = (0.001..=1000.0).contains(&self.most_step_s);
        if is_step { Ok(()) } else { Err("`most_step_s` is from 0.001 to 1000 s") }
    }
}

impl Settings for Segmented {}
impl Settings for ThirdPartyIsolation {}
impl Settings for Encryption {}
impl Settings for RestProtection {}
impl Settings for RateLimit {}

/// Reads parameters that are what they may be.
pub(super) fn read<T: Settings>(
    file: &'static str,
    written: Spanned<toml::Value>,
) -> Result<T, PackError> {
    let at = written.span();
    let refuse = |why: &str, help: &str| PackError::new(file, at.clone(), why, help);
    let settings: T = written
        .into_inner()
        .try_into()
        .map_err(|error: toml::de::Error| refuse(error.message().trim(), ""))?;
    settings.is_sound().map_err(|why| refuse(why, "see policies/README.md"))?;
    Ok(settings)
}
