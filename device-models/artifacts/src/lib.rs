//! The device models of the library as components, built with this crate.

/// A component, and what it is of.
#[derive(Clone, Copy, Debug)]
pub struct Artifact {
    /// Its name.
    pub name: &'static str,
    /// Its `model.toml`; an attacker's component has none and takes another's place.
    pub manifest: Option<&'static str>,
    /// The component.
    pub component: &'static [u8],
}

macro_rules! component {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wasm"))
    };
}

macro_rules! model {
    ($name:literal) => {
        Artifact {
            name: $name,
            manifest: Some(include_str!(concat!("../../", $name, "/model.toml"))),
            component: component!($name),
        }
    };
}

/// Every component of the library.
pub const ALL: [Artifact; 24] = [
    model!("insulin-pump"),
    model!("insulin-pump-remote"),
    model!("cgm"),
    model!("updater"),
    model!("update-server"),
    model!("handset"),
    model!("patient-monitor"),
    model!("central-station"),
    model!("interface-engine"),
    model!("pacemaker"),
    model!("icd"),
    model!("pacemaker-programmer"),
    model!("home-monitor"),
    model!("remote-care-server"),
    model!("pca-pump"),
    model!("large-volume-pump"),
    model!("syringe-pump"),
    model!("docking-gateway"),
    model!("pump-server"),
    model!("pca-interlock"),
    Artifact { name: "pump-implant", manifest: None, component: component!("pump-implant") },
    Artifact {
        name: "pump-implant-wide",
        manifest: None,
        component: component!("pump-implant-wide"),
    },
    Artifact { name: "monitor-implant", manifest: None, component: component!("monitor-implant") },
    Artifact { name: "updater-implant", manifest: None, component: component!("updater-implant") },
];

/// What the benches run: no product, and not in the library.
pub const RING_NODE: Artifact = model!("ring-node");
