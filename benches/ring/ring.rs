//! The ring as a setup of the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use medtwin_engine::PortNames;
use medtwin_engine::device::{Recipe, Setting, Value};
use medtwin_engine::link::{Jitter, LinkSetup, Medium, medium};
use medtwin_engine::manifest::Manifest;
use medtwin_engine::network::Network;
use medtwin_engine::plan::{DeviceSetup, NodeSetup, Peer, Setup};
use medtwin_engine::seed::Seed;
use medtwin_engine::time::SimTime;
use medtwin_engine::trace::Names;

/// The seed of every variant.
pub(crate) const SEED: Seed = Seed { seed: 1, trial: 0 };

/// What one device of the ring is made from.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) recipe: Arc<dyn Recipe>,
    pub(crate) port_names: Arc<PortNames>,
    pub(crate) names: Names,
}

/// `nodes` devices, each connected to the next, for `seconds`.
pub(crate) fn setup(part: &Part, nodes: u32, seconds: u64) -> Setup {
    let peer =
        |node: u32, back: u32| Some(Peer { link: 0, far: 0, node: node % nodes, unit: 0, back });
    let device = |node: u32| DeviceSetup {
        text: format!("n{node}"),
        names: Arc::clone(&part.port_names),
        manifest: Arc::clone(&part.manifest),
        recipe: Arc::clone(&part.recipe),
        config: [Setting { key: "seed".to_owned(), value: Value::Number(f64::from(node)) }].into(),
        peers: vec![peer(node + 1, 1), peer(node + nodes - 1, 0)],
        prescription: BTreeMap::default(),
        sends_clear: false,
        updates: None,
        accounts: Arc::default(),
        flash: None,
        power_lost: Vec::new(),
        mains_lost: Vec::new(),
        storage: Vec::new(),
    };
    let node = |node| NodeSetup { devices: vec![device(node)], ..NodeSetup::default() };
    Setup {
        names: part.names.clone(),
        horizon: SimTime::from_nanos(seconds * 1_000_000_000),
        nodes: (0..nodes).map(node).collect(),
        links: vec![link()],
        artefacts: Vec::new(),
        firmware: Vec::new(),
        network: Network::default(),
    }
}

fn link() -> LinkSetup {
    let plain = medium("usb-serial").expect("a medium");
    let jitter = Jitter::Uniform(1_000_000);
    LinkSetup::new("ring", Medium { base_ns: 1_000_000, jitter, loss: 0.0, line: None, ..plain })
}
