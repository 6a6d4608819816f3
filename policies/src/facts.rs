//! What is asked, and what the host knows when it is.

use cedar_policy::{EntityUid, RestrictedExpression};

/// Who is at the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nobody, or somebody who has not said who.
    #[default]
    None,
    /// The patient who wears the device.
    Wearer,
    /// A nurse, pharmacist or physician.
    Clinician,
    /// The manufacturer's or the hospital's technician.
    Service,
}

/// What the device is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Treating a patient.
    #[default]
    Therapy,
    /// Being serviced, away from a patient.
    Service,
}

/// What the host knows of the frame, the key press or the timer in hand; the context of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The peer, or the person, proved who it is.
    pub authenticated: bool,
    /// Nobody else could read it.
    pub encrypted: bool,
    /// It was not seen before.
    pub fresh: bool,
    /// A command was begun for it, or it lies within the running prescription.
    pub commanded: bool,
    /// A second factor was shown.
    pub mfa: bool,
    /// Emergency access was declared.
    pub break_glass: bool,
    /// The image is signed by a key that the device trusts.
    pub signed: bool,
    /// The image is not older than the one that runs.
    pub version_ok: bool,
    /// Who is at the device.
    pub role: Role,
    /// What the device is doing.
    pub mode: Mode,
}

/// One question that a device can ask.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The device's name.
    pub device: String,
    /// Its model.
    pub model: String,
    /// The action's Cedar id, such as `command.bolus`.
    pub action: String,
    /// The resource: its Cedar type, and its id.
    pub resource: (String, String),
    /// Of a peer, or of a channel that is one: the zone (IEC 62443) of the link to it.
    pub zone: Option<String>,
}

/// Every question that the devices of a plan can ask, by [`RequestId`].
#[derive(Clone, Debug, Default)]
pub struct Inventory(pub Vec<Asked>);

impl Inventory {
    /// Every question with its number.
    pub fn questions(&self) -> impl Iterator<Item = (RequestId, &Asked)> {
        (0..).map(RequestId).zip(&self.0)
    }
}

impl Asked {
    /// The interface of the device contract that a component imports to ask this; none for a frame
    /// that it receives.
    pub fn interface(&self) -> Option<&str> {
        interface_of(&self.action)
    }
}

/// The interface of the device contract that `action` is of; none for a frame that is received.
pub fn interface_of(action: &str) -> Option<&str> {
    action.split('.').next().filter(|_| action != "network.receive")
}

/// The number of a question in an [`Inventory`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// One attribute of the context, with its values in order.
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) values: usize,
    pub(crate) of: fn(&Facts) -> usize,
    pub(crate) set: fn(&mut Facts, usize),
}

const ROLES: [Role; 4] = [Role::None, Role::Wearer, Role::Clinician, Role::Service];
const MODES: [Mode; 2] = [Mode::Therapy, Mode::Service];

macro_rules! flag {
    ($name:ident) => {
        Attribute {
            name: stringify!($name),
            values: 2,
            of: |facts| usize::from(facts.$name),
            set: |facts, value| facts.$name = value == 1,
        }
    };
}

/// All attributes. The order is that of a table's index.
pub(crate) const ATTRIBUTES: [Attribute; 10] = [
    flag!(authenticated),
    flag!(encrypted),
    flag!(fresh),
    flag!(commanded),
    flag!(mfa),
    flag!(break_glass),
    flag!(signed),
    flag!(version_ok),
    Attribute {
        name: "role",
        values: ROLES.len(),
        of: |facts| facts.role as usize,
        set: |facts, value| facts.role = ROLES[value],
    },
    Attribute {
        name: "mode",
        values: MODES.len(),
        of: |facts| facts.mode as usize,
        set: |facts, value| facts.mode = MODES[value],
    },
];

impl Facts {
    /// The facts as attributes of a Cedar context.
    pub(crate) fn pairs(&self) -> Vec<(String, RestrictedExpression)> {
        let flags = ATTRIBUTES.iter().take(8).map(|attribute| {
            let value = RestrictedExpression::new_bool((attribute.of)(self) == 1);
            (attribute.name.to_owned(), value)
        });
        let role = entity("Role", ["none", "wearer", "clinician", "service"][self.role as usize]);
        let mode = entity("Mode", ["therapy", "service"][self.mode as usize]);
        flags.chain([("role".to_owned(), role), ("mode".to_owned(), mode)]).collect()
    }
}

pub(crate) fn entity(kind: &str, id: &str) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(crate::cedar::uid(kind, id))
}

impl Asked {
    pub(crate) fn principal(&self) -> EntityUid {
        crate::cedar::uid("Device", &self.device)
    }

    pub(crate) fn action(&self) -> EntityUid {
        crate::cedar::uid("Action", &self.action)
    }

    pub(crate) fn resource(&self) -> EntityUid {
        crate::cedar::uid(&self.resource.0, &self.resource.1)
    }
}
