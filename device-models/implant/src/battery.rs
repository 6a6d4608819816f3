//! What the pacemaker makes of its battery: at which voltage it gives up which of its functions.
//!
//! The states are those of the specification; the voltages are models.md 2.4.4 [E], of a lithium-iodine
//! cell. Charge is kept by the hardware: a device only measures its voltage.

/// Voltages below which the next state begins [V].
const ERN_V: f64 = 2.8 - 0.444 * 0.85;
const ERT_V: f64 = 2.40;
const ERP_V: f64 = 2.25;
const DEAD_V: f64 = 1.8;
/// Share of the lower rate that is left at the lowest voltage.
const LAST_SHARE: f64 = 0.7;

/// A measured voltage, and the state that follows from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Battery {
    volt: f64,
}

/// How far a battery is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the specification's own names")]
pub enum State {
    /// Beginning of life.
    Bol,
    /// Elective replacement near.
    Ern,
    /// Elective replacement time.
    Ert,
    /// Past it: the rate falls with the voltage.
    Erp,
    /// No output.
    Dead,
}

impl Default for Battery {
    fn default() -> Self {
        Self { volt: 2.8 }
    }
}

impl Battery {
    /// A battery of this voltage; what is no number is a new one.
    pub fn of(volt: f64) -> Self {
        if volt.is_finite() { Self { volt } } else { Self::default() }
    }

    /// Its state.
    pub fn state(self) -> State {
        match self.volt {
            v if v < DEAD_V => State::Dead,
            v if v <= ERP_V => State::Erp,
            v if v <= ERT_V => State::Ert,
            v if v <= ERN_V => State::Ern,
            _ => State::Bol,
        }
    }

    pub(crate) fn gives_output(self) -> bool {
        self.state() != State::Dead
    }

    /// Single chamber without a sensor, no temporary settings, no electrogram.
    pub fn is_restricted(self) -> bool {
        self.state() >= State::Ert
    }

    /// The rate under a magnet, by which people read the battery [1/min].
    pub(crate) fn magnet_ppm(self) -> f64 {
        match self.state() {
            State::Bol => 100.0,
            State::Ern => 90.0,
            _ => 85.0,
        }
    }

    /// A rate as the battery still gives it [1/min].
    pub(crate) fn lowers(self, ppm: f64) -> f64 {
        let used = ((ERP_V - self.volt) / (ERP_V - DEAD_V)).clamp(0.0, 1.0);
        ppm * (1.0 - (1.0 - LAST_SHARE) * used)
    }
}
