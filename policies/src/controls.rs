//! How the place is run: controls, each a mechanism with parameters.
//!
//! The ids are those of the attack catalogue. A pack names a control only where a mechanism of this
//! version runs it: a control that would change nothing is refused.

use std::ops::Range;

use toml::Spanned;

use crate::error::PackError;
use crate::facts::Role;

mod settings;

use settings::KeyScope;

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

const FILE: &str = "controls.toml";

/// How people prove who they are where there are accounts. The default is a product of the shelf: a
/// secret, whichever it is, for as long as the device is on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// Secrets that were published, or are shared by many, were replaced (control `cred_hygiene`).
    pub own_secrets: bool,
    /// After so many wrong tries in a row an account is locked for so long [min].
    pub lockout: Option<(u32, f64)>,
    /// A session ends when nothing was pressed for so long [min]; never, if none.
    pub session_min: Option<f64>,
    /// Who breaks the glass is let in for so long [min], and owes a reason; nobody can, if none.
    pub break_glass_min: Option<f64>,
    /// Whose login takes a one-time code (control `mfa`).
    pub second_factor: Vec<Role>,
    /// How far a code's time may be off, in steps of 30 s.
    pub skew_steps: u8,
    /// Service accounts are there during visits alone (control `third_party_isolation`).
    pub visits_only: bool,
}

/// How much firewalls keep between the segments of a network (models.md 6.3). Without the control everything
/// is one flat network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segmentation {
    /// Segments are apart, and routed openly: who is on one cannot hear another.
    Vlan,
    /// Between segments passes what a conduit names, from where it belongs.
    VlanAcl,
    /// Besides, every port knows the device that is on it.
    Micro,
}

/// What the host does about a device's firmware, besides what rules say of images.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FirmwareCare {
    /// What lies in a slot starts only if it is whole and its maker's.
    pub secure_boot: bool,
    /// What is older than a version that has run well does not start.
    pub rollback_floor: bool,
    /// For how long a version runs before it has run well [min].
    pub confirm_min: f64,
    /// The host quotes what it measured.
    pub attestation: bool,
}

/// One field for each control that runs, and what holds for all of them.
macro_rules! controls {
    ($($id:ident: $settings:ident),+) => {
        /// Which controls run, and how.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Controls {
            $($id: Option<settings::$settings>),+
        }

        impl Controls {
            const WITH_SETTINGS: &[&'static str] = &[$(stringify!($id)),+];

            fn turn_on(
                &mut self,
                id: &Spanned<String>,
                written: Spanned<toml::Value>,
            ) -> Result<(), PackError> {
                match id.get_ref().as_str() {
                    $(stringify!($id) => self.$id = Some(settings::read(FILE, written)?),)+
                    other => return Err(not_run(other, id.span())),
                }
                Ok(())
            }

            /// The controls that run.
            pub fn running(&self) -> Vec<&'static str> {
                let all = [$((stringify!($id), self.$id.is_some())),+];
                all.into_iter().filter(|(_, on)| *on).map(|(id, _)| id).collect()
            }

            fn set(&mut self, id: &str, from: &Self) {
                match id {
                    $(stringify!($id) => self.$id.clone_from(&from.$id),)+
                    _ => {}
                }
            }
        }
    };
}

controls! {
    auth: Auth,
    encryption: Encryption,
    nonce: Nonce,
    rate_limit: RateLimit,
    cred_hygiene: CredHygiene,
    mfa: Mfa,
    third_party_isolation: ThirdPartyIsolation,
    rest_protection: RestProtection,
    patching: Patching,
    signed_update: SignedUpdate,
    segmentation: Segmented,
    time_auth: TimeAuth
}

fn not_run(id: &str, at: Range<usize>) -> PackError {
    if !CONTROLS.contains(&id) {
        let message = format!("there is no control `{id}`");
        return PackError::new(FILE, at, message, format!("one of: {}", CONTROLS.join(", ")));
    }
    let message = format!("the control `{id}` has no settings of its own");
    let help = format!(
        "a rule with `@control(\"{id}\")` or a limit with `control = \"{id}\"` enforces it; with settings: {}",
        Controls::WITH_SETTINGS.join(", ")
    );
    PackError::new(FILE, at, message, help)
}

impl Controls {
    /// Reads `controls.toml`: one table per control; every mistake at once.
    pub(crate) fn read(text: &str) -> Result<Self, Vec<PackError>> {
        type Table = std::collections::BTreeMap<Spanned<String>, Spanned<toml::Value>>;
        PackError::check_toml(FILE, text)?;
        let table: Table =
            toml::from_str(text).map_err(|error| vec![PackError::of_toml(FILE, &error)])?;
        let mut controls = Self::default();
        let turned_on = table.into_iter().map(|(id, settings)| controls.turn_on(&id, settings));
        let errors: Vec<PackError> = turned_on.filter_map(Result::err).collect();
        if errors.is_empty() { Ok(controls) } else { Err(errors) }
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

    /// How long a link key is valid after pairing [h], and how long before its end the wearer renews
    /// it [h]: after the first failure, if none. For ever, if no life is given.
    pub fn key_life_h(&self) -> Option<(f64, Option<f64>)> {
        let auth = self.auth.as_ref()?;
        Some((auth.key_life_h?, auth.renew_before_h))
    }

    /// Whether a link that seals takes frames in clear as well.
    pub fn accepts_clear(&self) -> bool {
        self.encryption.as_ref().is_some_and(|encryption| encryption.accept_clear)
    }

    /// How much firewalls keep between segments; none where all is one network.
    pub fn segmentation(&self) -> Option<Segmentation> {
        self.segmentation.as_ref().map(|own| own.level)
    }

    /// How far a clock is set at once, and only by authentic answers [s]; by any answer, if nobody looks.
    pub fn time_step_s(&self) -> Option<f64> {
        self.time_auth.as_ref().map(|own| own.most_step_s)
    }

    /// What the host does about firmware; nothing by default.
    pub fn firmware(&self) -> FirmwareCare {
        self.signed_update.as_ref().map_or_else(FirmwareCare::default, |own| FirmwareCare {
            secure_boot: own.secure_boot,
            rollback_floor: own.rollback_floor,
            confirm_min: own.confirm_min,
            attestation: own.attestation,
        })
    }

    /// How an update server rolls a version out: the value of a key of its config.
    pub fn rollout(&self, key: &str) -> Option<f64> {
        let patching = self.patching.as_ref()?;
        match key {
            "first_wave" => Some(f64::from(patching.first_wave)),
            "soak_min" => Some(patching.soak_min),
            "halt_on_failures" => Some(f64::from(patching.halt_on_failures)),
            _ => None,
        }
    }

    /// Accepted commands per hour from peers; none when nobody counts.
    pub fn rate_limit_per_h(&self) -> Option<u32> {
        self.rate_limit.as_ref().map(|limit| limit.per_h)
    }

    /// How people prove who they are.
    pub fn access(&self) -> Access {
        let hygiene = self.cred_hygiene.as_ref();
        let factor = self.mfa.as_ref();
        Access {
            own_secrets: hygiene.is_some(),
            lockout: hygiene.map(|own| (own.tries, own.lockout_min)),
            session_min: hygiene.map(|own| own.session_min),
            break_glass_min: hygiene.and_then(|own| own.break_glass_min),
            second_factor: factor
                .map_or(Vec::new(), |mfa| mfa.roles.iter().map(|who| Role::from(*who)).collect()),
            skew_steps: factor.map_or(0, |mfa| mfa.skew_steps),
            visits_only: self.third_party_isolation.is_some(),
        }
    }

    /// Whether what devices keep is sealed.
    pub fn rest_protection(&self) -> bool {
        self.rest_protection.is_some()
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
}
