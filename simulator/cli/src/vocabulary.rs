//! The names that rules may use: those of device models.

use medtwin_engine::manifest::Manifest;
use medtwin_policy::Vocabulary;

/// The names of some models: what a rule about a device can be about.
pub(crate) fn of<'a>(models: impl IntoIterator<Item = &'a Manifest>) -> Vocabulary {
    let mut known = Vocabulary::default();
    for model in models {
        let lists = [
            ("Peer", &model.peers),
            ("Channel", &model.peers),
            ("Sensor", &model.sensors),
            ("Actuator", &model.actuators),
            ("Alarm", &model.alarms),
            ("Field", &model.fields),
            ("Key", &model.keys),
        ];
        known.add("Model", [model.name.as_str()]);
        for (kind, names) in lists {
            known.add(kind, names.iter().map(String::as_str));
        }
    }
    known
}
