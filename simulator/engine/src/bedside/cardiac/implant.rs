//! The hardware of one implant: output stage, sense amplifiers, capacitor, battery, and what it never exceeds.
//!
//! Whatever the software says: a pulse has at most 7.5 V and 2 ms and no more than the battery gives, a pacemaker
//! paces a chamber at most 185 times a minute (a circuit against runaway pacing; an ICD, which paces
//! tachycardias away, 300 times), and a shock holds what was charged, at most 41 J. Capture follows Lapicque (models.md 2.4.4).
//! Left out: fusion, polarisation, a threshold that follows drugs or sleep.

use super::battery::Battery;
use crate::manifest::Manifest;
use crate::node::Node;
use crate::patient::heart::setup::HeartSetup;

/// The most that a pulse has [V], [ms], and a shock [J].
pub(super) const MOST_V: f64 = 7.5;
pub(super) const MOST_MS: f64 = 2.0;
pub(super) const MOST_J: f64 = 41.0;
/// The shortest time between two pulses in a chamber, of a pacemaker and of an ICD [ms].
const SHORTEST_MS: (i64, i64) = (324, 200);
/// Rheobase [V] and chronaxie [ms].
const THRESHOLD: (f64, f64) = (0.5, 0.3);
/// Of what the battery has, the output stage makes at most this multiple.
const MULTIPLIER: f64 = 2.5;
/// Time to charge fully with a new battery [ms].
const CHARGE_MS: f64 = 8000.0;
/// A pulse width before any was set [ms].
const WIDTH_MS: f64 = 0.4;

/// A chamber, and the amplifier for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Atrium,
    Ventricle,
}

/// What a setting comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Does {
    Nothing,
    /// Power is drawn otherwise from now on.
    Accounts,
    /// A pulse captures.
    Paces(Channel),
    /// A pulse does not.
    Misses,
    /// So many joules are given.
    Shocks(f64),
}

/// What a port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Pace(Channel),
    Width,
    Sensitivity(Channel),
    Radio,
    Charge,
    Shock,
    Other,
}

/// One implant.
pub(super) struct Implant {
    pub(super) unit: usize,
    pub(super) battery: Battery,
    ports: Vec<Port>,
    sensors: Sensors,
    is_icd: bool,
    width_ms: f64,
    /// What the amplifiers need [mV]; they are off until they are set.
    threshold_mv: [f64; 2],
    last_pulse: [i64; 2],
    /// Since when the capacitor is charged, and to what [J].
    charging: Option<(i64, f64)>,
    factor: f64,
    lead_ohm: f64,
    magnet: bool,
}

#[derive(Clone, Copy, Default)]
struct Sensors {
    sense: [Option<u32>; 2],
    magnet: Option<u32>,
    battery: Option<usize>,
    impedance: Option<usize>,
    activity: Option<usize>,
}

impl Implant {
    /// The hardware of a device that paces; none of one that does not.
    pub(super) fn of(unit: usize, manifest: &Manifest, setup: &HeartSetup) -> Option<Self> {
        let ports: Vec<Port> = manifest.actuators.iter().map(|name| port(name)).collect();
        ports.iter().find(|port| matches!(port, Port::Pace(_)))?;
        let is_icd = ports.contains(&Port::Shock);
        let sensor = |name: &str| manifest.sensors.iter().position(|s| s == name);
        let sense = |name| sensor(name).map(|at| at as u32);
        Some(Self {
            unit,
            battery: Battery::new(is_icd, setup.battery_used),
            sensors: Sensors {
                sense: [sense("atrial-sense"), sense("ventricular-sense")],
                magnet: sense("magnet"),
                battery: sensor("battery"),
                impedance: sensor("lead-impedance"),
                activity: sensor("activity"),
            },
            ports,
            is_icd,
            width_ms: WIDTH_MS,
            threshold_mv: [f64::INFINITY; 2],
            last_pulse: [i64::MIN / 4; 2],
            charging: None,
            factor: setup.threshold_factor,
            lead_ohm: setup.lead_ohm,
            magnet: false,
        })
    }

    /// An actuator is set.
    pub(super) fn set(&mut self, port: u32, value: f64, now: i64) -> Does {
        match self.ports.get(port as usize).copied().unwrap_or(Port::Other) {
            Port::Pace(channel) => return self.pulse(channel, value, now),
            Port::Width => self.width_ms = value.clamp(0.0, MOST_MS),
            Port::Sensitivity(channel) => self.threshold_mv[channel as usize] = value.max(0.1),
            Port::Radio => {
                self.battery.radio(value, now);
                return Does::Accounts;
            }
            Port::Charge => self.charge(value.clamp(0.0, MOST_J), now),
            Port::Shock => return self.shock(value, now),
            Port::Other => {}
        }
        Does::Nothing
    }

    fn pulse(&mut self, channel: Channel, value: f64, now: i64) -> Does {
        let shortest = if self.is_icd { SHORTEST_MS.1 } else { SHORTEST_MS.0 };
        let last = &mut self.last_pulse[channel as usize];
        if value.is_nan() || value <= 0.0 || now - *last < shortest {
            return Does::Nothing;
        }
        *last = now;
        let volt = value.min(MOST_V).min(MULTIPLIER * self.battery.volt());
        self.battery.pulse(volt, self.width_ms);
        if volt >= self.threshold_v() { Does::Paces(channel) } else { Does::Misses }
    }

    /// What captures at the present width [V]; nothing does without width.
    fn threshold_v(&self) -> f64 {
        let (rheobase_v, chronaxie_ms) = THRESHOLD;
        self.factor * rheobase_v * (1.0 + chronaxie_ms / self.width_ms)
    }

    fn charge(&mut self, energy_j: f64, now: i64) {
        self.draw_for_capacitor(now);
        let is_able = energy_j > 0.0 && self.battery.volt() > 0.0;
        self.charging = is_able.then_some((now, energy_j));
    }

    /// What has come into the capacitor by now [J].
    fn charged_j(&self, now: i64) -> f64 {
        let Some((since, energy_j)) = self.charging else { return 0.0 };
        let full_ms = CHARGE_MS / (1.0 - 0.5 * self.battery.depth());
        (MOST_J * (now - since).max(0) as f64 / full_ms).min(energy_j)
    }

    fn draw_for_capacitor(&mut self, now: i64) {
        self.battery.advance(now);
        let charged_j = self.charged_j(now);
        if charged_j > 0.0 {
            self.battery.charge(charged_j);
        }
    }

    fn shock(&mut self, value: f64, now: i64) -> Does {
        let energy_j = self.charged_j(now).min(value).min(MOST_J);
        self.draw_for_capacitor(now);
        self.charging = None;
        if energy_j > 0.0 { Does::Shocks(energy_j) } else { Does::Nothing }
    }

    /// The sensor by which it notices a signal of so many mV, if its amplifier does.
    pub(super) fn notices(&self, channel: Channel, mv: f64) -> Option<u32> {
        let sensor = self.sensors.sense[channel as usize];
        sensor.filter(|_| mv >= self.threshold_mv[channel as usize])
    }

    /// Whether a T wave would be taken for a beat.
    pub(super) fn would_sense_t(&self, mv: f64) -> bool {
        self.notices(Channel::Ventricle, mv).is_some()
    }

    /// The sensor that a magnet changes, if it does.
    pub(super) fn magnet_changed(&mut self, is_there: bool) -> Option<u32> {
        let changed = std::mem::replace(&mut self.magnet, is_there) != is_there;
        self.sensors.magnet.filter(|_| changed)
    }

    /// Its sensors measure battery and lead.
    pub(super) fn refresh(&self, node: &mut Node) {
        let volt = (self.battery.volt() * 100.0).round() / 100.0;
        let ohm = (self.lead_ohm / 50.0).round() * 50.0;
        self.reads(node, self.sensors.battery, volt);
        self.reads(node, self.sensors.impedance, ohm);
    }

    /// Its accelerometer measures how the patient moves.
    pub(super) fn moves(&self, node: &mut Node, activity: f64) {
        self.reads(node, self.sensors.activity, activity);
    }

    fn reads(&self, node: &mut Node, sensor: Option<usize>, value: f64) {
        if let (Some(desk), Some(sensor)) = (node.units[self.unit].desk(), sensor) {
            desk.sensors[sensor] = Some(value);
        }
    }
}

fn port(name: &str) -> Port {
    match name {
        "atrial-pace" => Port::Pace(Channel::Atrium),
        "ventricular-pace" => Port::Pace(Channel::Ventricle),
        "pulse-width" => Port::Width,
        "atrial-sensitivity" => Port::Sensitivity(Channel::Atrium),
        "ventricular-sensitivity" => Port::Sensitivity(Channel::Ventricle),
        "radio" => Port::Radio,
        "charge" => Port::Charge,
        "shock" => Port::Shock,
        _ => Port::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::heart::Parameters;
    use crate::trace::Name;

    fn implant(actuators: &str, factor: f64) -> Implant {
        let lists = ["peers", "alarms", "fields", "inputs", "keys", "verbs", "config"];
        let lists: String = lists.iter().map(|list| format!("{list} = []\n")).collect();
        let text = format!(
            "name = 'i'\nsummary = ''\nsupplier = ''\n{lists}sensors = ['ventricular-sense']\n\
             actuators = [{actuators}]\nfail_safe = {{}}\n"
        );
        let manifest = Manifest::parse(&text).expect("a manifest");
        let setup = HeartSetup {
            name: Name(0),
            text: String::new(),
            parameters: Parameters::default(),
            threshold_factor: factor,
            magnet_min: None,
            exercise_min: None,
            tachycardia_at_min: Vec::new(),
            fibrillation_at_min: Vec::new(),
            rescued_after_min: None,
            battery_used: 0.0,
            lead_ohm: 500.0,
            prescribed_ppm: (60.0, 120.0),
        };
        Implant::of(0, &manifest, &setup).expect("it paces")
    }

    const PACEMAKER: &str = "'ventricular-pace', 'pulse-width', 'ventricular-sensitivity'";
    const ICD: &str =
        "'ventricular-pace', 'pulse-width', 'ventricular-sensitivity', 'charge', 'shock'";

    #[test]
    fn a_pulse_captures_by_amplitude_width_and_threshold() {
        for (volt, width_ms, factor, captures) in [
            (0.9, 0.4, 1.0, true),
            (0.8, 0.4, 1.0, false),
            (0.8, 1.5, 1.0, true),
            (3.5, 0.05, 1.0, true),
            (2.1, 0.4, 2.5, false),
            (2.2, 0.4, 2.5, true),
        ] {
            let mut own = implant(PACEMAKER, factor);
            own.set(1, width_ms, 0);
            let does = if captures { Does::Paces(Channel::Ventricle) } else { Does::Misses };
            assert_eq!(own.set(0, volt, 1000), does, "{volt} V, {width_ms} ms, {factor}");
        }
    }

    #[test]
    fn no_software_paces_faster_than_the_hardware() {
        let mut own = implant(PACEMAKER, 1.0);
        let pulses = (0..60_000).filter(|ms| own.set(0, 3.5, *ms) != Does::Nothing).count();
        assert!((180..=186).contains(&pulses), "{pulses} in a minute");
    }

    #[test]
    fn a_shock_gives_what_was_charged_and_at_most_41_j() {
        let mut own = implant(ICD, 1.0);
        assert_eq!(own.set(4, 41.0, 0), Does::Nothing, "nothing was charged");
        own.set(3, 1e9, 0);
        let Does::Shocks(half) = own.set(4, 41.0, 4000) else { panic!("it shocks") };
        assert!((half - 20.5).abs() < 0.1, "{half}");
        own.set(3, 1e9, 10_000);
        let Does::Shocks(full) = own.set(4, 1e9, 60_000) else { panic!("it shocks") };
        assert!((full - 41.0).abs() < 1e-9, "{full}");
    }

    #[test]
    fn an_amplifier_is_off_until_it_is_set_and_notices_what_reaches_it() {
        let mut own = implant(PACEMAKER, 1.0);
        assert_eq!(own.notices(Channel::Ventricle, 12.0), None);
        own.set(2, 2.5, 0);
        assert_eq!(own.notices(Channel::Ventricle, 12.0), Some(0));
        assert_eq!(own.notices(Channel::Ventricle, 1.0), None);
        own.set(2, 0.25, 0);
        assert_eq!(own.notices(Channel::Ventricle, 1.0), Some(0), "T waves are taken for beats");
        own.set(2, 10.0, 0);
        assert_eq!(own.notices(Channel::Ventricle, 9.0), None, "beats are missed");
    }
}
