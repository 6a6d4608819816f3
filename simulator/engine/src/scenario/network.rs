//! How links are joined, what may pass, and what fails.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// A switch: it joins links, and a firewall decides what passes from one to another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// The links that it joins: at least two.
    #[schemars(with = "Vec<String>")]
    pub links: Vec<Spanned<String>>,
    /// Its backbone: a medium of links; `core` if left out.
    #[schemars(with = "Option<String>")]
    pub medium: Option<Spanned<String>>,
}

/// What may pass between links where the control `segmentation` lets nothing else (IEC 62443).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conduit {
    /// From a device, the devices of a link, or those of a zone.
    #[schemars(with = "String")]
    pub from: Spanned<String>,
    /// To such. Answers pass as well.
    #[schemars(with = "String")]
    pub to: Spanned<String>,
    /// To this port; any, if left out.
    pub port: Option<u16>,
    /// What for, in words.
    #[serde(default)]
    pub why: String,
}

/// A service that devices need before they can talk, or to know the time. It may be talked to wherever there is a way.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// `dhcp`, `dns`, `ntp`.
    #[schemars(with = "String")]
    pub kind: Spanned<String>,
    /// The link on which it is.
    #[schemars(with = "String")]
    pub link: Spanned<String>,
}

/// Something that fails by itself, whoever attacks.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// `link`, `switch`, `power`, `service`, `clock`.
    #[schemars(with = "String")]
    pub what: Spanned<String>,
    /// Which; for `power` a device, or a link with all of its devices, which run on for as long as a
    /// battery of theirs lasts; for `clock` a service `ntp`.
    #[schemars(with = "String")]
    pub of: Spanned<String>,
    /// When, from the start [min].
    pub at_min: f64,
    /// For how long [min].
    pub for_min: f64,
    /// For `clock`: by how much it is wrong [s].
    pub by_s: Option<f64>,
}
