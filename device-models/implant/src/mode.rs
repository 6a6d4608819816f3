//! Pacing modes by their letters: what is paced, what is sensed, what a sense does, and whether the
//! rate follows the activity sensor.

/// The names of all modes, in the order of their numbers on the air. The first 19 are permanent;
/// those that only sense are temporary.
pub const NAMES: [&str; 23] = [
    "OFF", "DDD", "VDD", "DDI", "DOO", "AOO", "AAI", "VOO", "VVI", "AAT", "VVT", "DDDR", "VDDR",
    "DDIR", "DOOR", "AOOR", "AAIR", "VOOR", "VVIR", "OVO", "OAO", "ODO", "OOO",
];

/// How many modes can be programmed for good.
pub const PERMANENT: i16 = 19;

/// A mode, or what a magnet, the battery or a fast atrium makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// The atrium is paced.
    pub paces_a: bool,
    /// The ventricle is paced.
    pub paces_v: bool,
    /// The atrium is sensed.
    pub senses_a: bool,
    /// The ventricle is sensed.
    pub senses_v: bool,
    /// A sense triggers a pace at once.
    pub triggers: bool,
    /// A ventricular pace follows each atrial sense.
    pub tracks: bool,
    /// The rate follows the sensor.
    pub adapts: bool,
}

impl Mode {
    /// The mode of this number; of none that there is, off.
    pub fn numbered(number: i16) -> Self {
        let name = usize::try_from(number).ok().and_then(|at| NAMES.get(at));
        name.map_or_else(Self::default, |name| Self::named(name))
    }

    fn named(name: &str) -> Self {
        let letter = |at: usize| name.as_bytes().get(at).copied().unwrap_or(b'O');
        let is = |at, chamber| letter(at) == chamber || letter(at) == b'D';
        if name == "OFF" {
            return Self::default();
        }
        Self {
            paces_a: is(0, b'A'),
            paces_v: is(0, b'V'),
            senses_a: is(1, b'A'),
            senses_v: is(1, b'V'),
            triggers: letter(2) == b'T',
            tracks: letter(2) == b'D',
            adapts: letter(3) == b'R',
        }
    }

    /// Only the atrium is paced: intervals are timed from it.
    pub fn is_atrial(self) -> bool {
        self.paces_a && !self.paces_v
    }

    /// Both chambers are paced.
    pub fn is_dual(self) -> bool {
        self.paces_a && self.paces_v
    }

    /// A ventricular pace waits for an atrial one, or for a sense.
    pub fn waits_for_atrium(self) -> bool {
        self.is_dual() && (self.tracks || !self.senses_v)
    }

    /// What is left of it without sensing: what a magnet makes.
    pub fn asynchronous(self) -> Self {
        Self { paces_a: self.paces_a, paces_v: self.paces_v, ..Self::default() }
    }

    /// What is left of it near the end of the battery: one chamber, no sensor.
    pub fn single_chamber(self) -> Self {
        let keeps = self.is_atrial();
        let senses = if self.is_dual() || self.tracks { true } else { self.senses_v };
        Self {
            paces_a: keeps,
            senses_a: keeps && self.senses_a,
            senses_v: senses && !keeps,
            tracks: false,
            adapts: false,
            ..self
        }
    }

    /// What a fast atrium makes of a mode that tracks: the ventricle on demand, the atrium watched.
    pub fn not_tracking(self) -> Self {
        Self { paces_a: false, tracks: false, ..self }
    }
}
