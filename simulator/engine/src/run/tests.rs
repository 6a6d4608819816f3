use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use crate::PortNames;
use crate::device::{Denial, Device, Event, Fault, Lent, Recipe, Setting, Terms};
use crate::manifest::Manifest;
use crate::plan::{Arm, DeviceSetup, NodeSetup, Setup};
use crate::seed::Seed;
use crate::trace::{Names, NullSink};

const MANIFEST: &str = "
name = 'curious'
summary = ''
supplier = 'nobody'
sensors = ['a']
actuators = ['a']
peers = ['a']
alarms = ['a']
fields = ['a']
inputs = []
keys = ['a']
verbs = ['a']
config = []
fail_safe = {}
";

/// Asks for everything once, and keeps the answers and the interfaces that it was linked.
#[derive(Clone, Default)]
struct Curious(Arc<Mutex<(Vec<Option<Denial>>, usize)>>);

impl Device for Curious {
    fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
        let answers = [
            lent.now().err(),
            lent.set_timer(0, 1).err(),
            lent.send(0, &[0]).err(),
            lent.read(0).err(),
            lent.set(0, 1.0).err(),
            lent.show(0, 1.0).err(),
            lent.put("a", &[0]).err(),
            lent.sign(0, &[0]).err(),
            lent.stage(&[0]).err(),
            lent.bytes(1).err(),
            lent.log("a").err(),
            lent.begin("a", &[0; 32]).err(),
        ];
        self.0.lock().expect("alone").0.extend(answers);
        Ok(())
    }

    fn handle(&mut self, _: &mut Box<Lent>, _: Event<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

impl Recipe for Curious {
    fn build(&self, terms: &Terms) -> Result<Box<dyn Device>, Fault> {
        self.0.lock().expect("alone").1 = terms.interfaces.len();
        Ok(Box::new(self.clone()))
    }

    fn digest(&self) -> [u8; 32] {
        [0; 32]
    }

    fn imports(&self) -> &[String] {
        &[]
    }
}

#[test]
fn a_device_without_rules_is_lent_nothing() {
    let curious = Curious::default();
    let device = DeviceSetup {
        text: "curious".to_owned(),
        names: Arc::new(PortNames::default()),
        manifest: Arc::new(Manifest::parse(MANIFEST).expect("a manifest")),
        recipe: Arc::new(curious.clone()),
        config: Arc::default(),
        peers: vec![None],
        prescription: BTreeMap::default(),
        sends_clear: false,
        updates: None,
        flash: None,
        power_lost: Vec::new(),
        accounts: Arc::default(),
        mains_lost: Vec::new(),
        storage: Vec::new(),
    };
    let node = NodeSetup { devices: vec![device], ..NodeSetup::default() };
    let setup = Setup {
        names: Names::default(),
        horizon: SimTime::from_minutes(1.0),
        nodes: vec![node],
        links: Vec::new(),
        artefacts: Vec::new(),
        firmware: Vec::new(),
        network: crate::network::Network::default(),
    };
    let (inputs, setup, arm) = (Arc::default(), Arc::new(setup), Arc::new(Arm::default()));
    let seed = Seed { seed: 1, trial: 0 };
    run(&Plan { seed, attack: false, threads: 1, split: 1, inputs, setup, arm }, &mut NullSink);
    let (answers, linked) = &*curious.0.lock().expect("alone");
    assert_eq!(answers, &[Some(Denial::NoGrant); 12]);
    assert_eq!(*linked, 0, "and nothing is linked");
}
