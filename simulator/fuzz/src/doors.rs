//! The doors, each in a module of its own.

use crate::{Door, Shape};

mod advisory;
mod component;
mod dependencies;
mod envelope;
mod firmware;
mod hl7;
mod inputs;
mod journal;
mod link;
mod pack;
mod plan;
mod radio;
mod request;
mod scenario;
mod server;
mod study;
mod trace;
mod vitals;

const fn nothing(_: &mut [u8]) {}

macro_rules! doors {
    ($($door:ident: $what:literal, $shape:ident, $most:literal, $repair:path;)*) => {
        /// Every door.
        pub const DOORS: &[Door] = &[$(Door {
            name: stringify!($door),
            what: $what,
            shape: Shape::$shape,
            most: $most,
            open: $door::open,
            good: $door::good,
            repair: $repair,
        }),*];
    };
}

doors! {
    scenario: "scenario.toml, and the site under it", Text, 16384, nothing;
    pack: "policy.cedar, envelope.toml, controls.toml, a zero byte apart", Text, 16384, nothing;
    envelope: "envelope.toml", Text, 8192, nothing;
    radio: "a frame of the pump family's radio", Bytes, 256, medtwin_frames::repair;
    link: "a frame on a protected link", Bytes, 256, nothing;
    vitals: "a frame between patient monitor and central station", Bytes, 256, medtwin_vitals::repair;
    hl7: "bytes on an MLLP stream", Bytes, 4096, nothing;
    firmware: "a firmware image", Bytes, 4096, nothing;
    component: "a component, or the core module of one", Sections, 16384, nothing;
    dependencies: "the section `.dep-v0` of a component, as JSON", Text, 8192, nothing;
    trace: "a trace that `run --out` left", Bytes, 8192, nothing;
    plan: "plan/plan.json of such a directory", Text, 8192, nothing;
    study: "the journal of a study", Bytes, 4096, study::repair;
    journal: "the journal of a drill", Text, 8192, nothing;
    request: "the body of a player's or an instructor's request", Text, 512, nothing;
    server: "requests to a drill, a zero byte apart", Text, 4096, nothing;
    advisory: "an OSV record", Text, 8192, nothing;
    inputs: "inputs of a patient, as CSV", Text, 4096, nothing;
}
