//! A patient with a heart, and the hardware of the implants in them: event driven, in whole milliseconds.
//!
//! What the heart does is sensed through the amplifiers of the implants at that very moment; what they pace acts on the
//! heart if it captures. Within a millisecond the order is that of models.md 2.2: heart, commands, senses,
//! timeouts, paces. Nothing is computed between events.
//!
//! Vital signs in the trace: `atrium` and `ventricle`, each with the source of the activation (1 sinus, 2
//! conducted, 3 paced, 4 retrograde, 5 atrial focus, 6 premature, 7 junction, 8 ventricular escape, 9 VT, 10 VF), `reentry`
//! (0 none, 1 VT, 2 VF), `map` [mmHg] just before each beat, `not-captured`, and `battery-used` [C] of each
//! device. A monitor at the bed notices each activation of the ventricle at its port `ecg` [mV], with the height of its
//! wave, and never a stimulus for a beat. Left out: nerves and hormones, staff but for an external shock when the
//! scenario says so, a finger's probe and a capnograph, electrodes that come off.

use super::{Bedside, Probe, Set};
use crate::node::{Errand, Node, Outbox, View, entry};
use crate::patient::heart::ecg;
use crate::patient::heart::flow::Flow;
use crate::patient::heart::setup::HeartSetup;
use crate::patient::heart::{Happened, Heart, Source};
use crate::queue::{Key, What};
use crate::seed::Keyed;
use crate::time::MINUTE;
use crate::trace::{Entry, Kind, Name};

mod battery;
mod implant;

use crate::patient::heart::rhythm::Rhythm;
use implant::{Channel, Does, Implant};

const NS_PER_MS: u64 = 1_000_000;
/// Batteries are accounted for at least so often [ms].
const ACCOUNT_MS: i64 = 3_600_000;
/// A T wave is so many ms after its beat, and so large [mV].
const T_WAVE: (i64, f64) = (300, 1.0);
/// What the atrial lead picks up of the ventricle [mV].
const FAR_FIELD_MV: f64 = 0.3;
/// A shock from outside [J].
const EXTERNAL_J: f64 = 200.0;
/// Beats over which a rate is counted.
const BEATS: usize = 4;

/// A patient with a heart.
pub(crate) struct Cardiac {
    setup: HeartSetup,
    heart: Heart,
    rhythm: Rhythm,
    flow: Flow,
    implants: Vec<Implant>,
    words: Words,
    luck: Keyed,
    beats: u64,
    intervals: Vec<i64>,
    t_wave: Option<i64>,
    rescue: Option<i64>,
    account: i64,
    /// What is in the queue [ns].
    queued: u64,
    rate: Probe,
    pressure: Probe,
    electrodes: Probe,
}

#[derive(Clone, Copy, Default)]
struct Words {
    atrium: Name,
    ventricle: Name,
    reentry: Name,
    map: Name,
    not_captured: Name,
    battery: Name,
}

impl Cardiac {
    pub(crate) fn new(setup: &HeartSetup, luck: Keyed, view: View<'_>, node: u32) -> Self {
        let devices = &view.plan.setup.nodes[node as usize].devices;
        let find = |text| view.plan.setup.names.find(text).unwrap_or_default();
        let mut heart = Heart::new(setup.parameters.clone(), Box::new(move |n| luck.uniform(1, n)));
        let implants: Vec<Implant> = devices
            .iter()
            .enumerate()
            .filter_map(|(unit, device)| Implant::of(unit, &device.manifest, setup))
            .collect();
        if !implants.is_empty() {
            heart.was_paced(0);
        }
        let horizon_min = view.plan.setup.horizon.as_minutes();
        Self {
            rhythm: Rhythm::new(&setup.parameters, luck, horizon_min).with(setup),
            setup: setup.clone(),
            heart,
            flow: Flow::default(),
            implants,
            words: Words {
                atrium: find("atrium"),
                ventricle: find("ventricle"),
                reentry: find("reentry"),
                map: find("map"),
                not_captured: find("not-captured"),
                battery: find("battery-used"),
            },
            luck,
            beats: 0,
            intervals: Vec::new(),
            t_wave: None,
            rescue: None,
            account: ACCOUNT_MS,
            queued: u64::MAX,
            rate: Probe::of(devices, "heart-rate"),
            pressure: Probe::of(devices, "map"),
            electrodes: Probe::of(devices, "ecg"),
        }
    }

    fn next_ms(&self) -> i64 {
        let all = [self.heart.due(), self.rhythm.due(), self.t_wave, self.rescue];
        all.into_iter().flatten().fold(self.account, i64::min)
    }

    fn wait(&mut self, node: &mut Node, now: u64, view: View<'_>, out: &mut Outbox) {
        let next = (self.next_ms().max(0) as u64 * NS_PER_MS).max(now);
        if next < self.queued || self.queued <= now {
            self.queued = next;
            node.wake(next, What::Patient, 0, 0, view, out);
        }
    }

    /// What became due in the patient by `now`.
    fn live(&mut self, node: &mut Node, now: i64, at: u64, view: View<'_>, out: &mut Outbox) {
        self.rhythm.advance(now, &mut self.heart);
        self.heart.advance(now);
        if self.t_wave.take_if(|at| *at <= now).is_some() {
            self.sensed(node, Channel::Ventricle, T_WAVE.1, None, at);
        }
        if self.rescue.take_if(|at| *at <= now).is_some() && self.heart.fibrillates() {
            self.heart.shock(now, EXTERNAL_J);
        }
        self.happened(node, now, None, at, view, out);
    }

    /// Everything that happened in the heart: told, sensed, pumped. `by` is the device that paced.
    fn happened(
        &mut self,
        node: &mut Node,
        now: i64,
        by: Option<usize>,
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let all = self.heart.take_happened();
        // Senses come in the order atrium, ventricle, whatever activated which.
        for happened in &all {
            if let Happened::Atrium(source) = happened {
                self.say(node.id, at, self.words.atrium, source.number(), view, out);
                self.atrium(node, *source, by, at);
            }
        }
        for happened in all {
            match happened {
                Happened::Atrium(_) => {}
                Happened::Ventricle(source) => {
                    self.beat(node, now, (source, by), at, view, out);
                }
                Happened::TachycardiaBegan => self.reentry(node.id, 1.0, at, view, out),
                Happened::FibrillationBegan => {
                    self.reentry(node.id, 2.0, at, view, out);
                    let after = self.setup.rescued_after_min;
                    self.rescue = after.map(|min| now + (min * 60_000.0) as i64);
                }
                Happened::Ended => self.reentry(node.id, 0.0, at, view, out),
            }
        }
    }

    fn reentry(&self, id: u32, what: f64, at: u64, view: View<'_>, out: &mut Outbox) {
        self.say(id, at, self.words.reentry, what, view, out);
    }

    fn atrium(&mut self, node: &mut Node, source: Source, by: Option<usize>, at: u64) {
        // A pace that captured is not sensed in its own chamber.
        let deaf = by.filter(|_| source == Source::Pace);
        let mv = 2.5 + 0.5 * self.spread(2);
        self.sensed(node, Channel::Atrium, mv, deaf, at);
    }

    fn beat(
        &mut self,
        node: &mut Node,
        now: i64,
        (source, by): (Source, Option<usize>),
        at: u64,
        view: View<'_>,
        out: &mut Outbox,
    ) {
        let map = self.flow.map_mmhg(now);
        self.say(node.id, at, self.words.map, map, view, out);
        self.say(node.id, at, self.words.ventricle, source.number(), view, out);
        let (atrium, _) = self.heart.last();
        let _ = self.flow.beat(now, source, atrium.map(|a| now - a));
        self.count(node, now, map);
        let fibrillates = source == Source::Fibrillation;
        let mv = if fibrillates { 5.0 + 2.0 * self.spread(3) } else { 10.0 + 2.0 * self.spread(3) };
        let deaf = by.filter(|_| source == Source::Pace);
        self.sensed(node, Channel::Atrium, FAR_FIELD_MV, None, at);
        self.sensed(node, Channel::Ventricle, mv, deaf, at);
        for (unit, sensor) in self.electrodes.places() {
            node.runs(Errand::Sense { unit, sensor, value: ecg::height_mv(source), at });
        }
        let has_t = !fibrillates && self.implants.iter().any(|own| own.would_sense_t(T_WAVE.1));
        self.t_wave = has_t.then_some(now + T_WAVE.0);
        self.beats += 1;
    }

    fn count(&mut self, node: &mut Node, now: i64, map: f64) {
        self.intervals.push(now);
        if self.intervals.len() > BEATS + 1 {
            self.intervals.remove(0);
        }
        let (first, count) = (self.intervals[0], self.intervals.len() - 1);
        let passed = (now - first).max(1) as f64;
        let rate = (count > 0).then_some(60_000.0 * count as f64 / passed);
        self.rate.reads(node, rate);
        self.pressure.reads(node, Some(map));
    }

    /// A signal of so many mV: the devices whose amplifier is set low enough notice it.
    fn sensed(&self, node: &mut Node, channel: Channel, mv: f64, deaf: Option<usize>, at: u64) {
        for implant in self.implants.iter().filter(|own| Some(own.unit) != deaf) {
            if let Some(sensor) = implant.notices(channel, mv) {
                node.runs(Errand::Sense { unit: implant.unit, sensor, value: mv, at });
            }
        }
    }

    /// A number in (-1, 1) for this beat.
    fn spread(&self, what: u64) -> f64 {
        2.0 * self.luck.uniform(what, self.beats) - 1.0
    }

    fn say(&self, id: u32, at: u64, object: Name, value: f64, view: View<'_>, out: &mut Outbox) {
        if view.recording {
            let subject = self.setup.name;
            out.lent.entries.push(Entry { subject, object, value, ..entry(id, at, Kind::Vital) });
        }
    }

    /// Batteries are accounted for, and measured by their devices.
    fn account(&mut self, node: &mut Node, now: i64, at: u64, view: View<'_>, out: &mut Outbox) {
        for index in 0..self.implants.len() {
            let own = &mut self.implants[index];
            own.battery.advance(now);
            let (unit, used) = (own.unit, own.battery.used_c());
            own.refresh(node);
            if view.recording {
                let names = &view.plan.setup.nodes[node.id as usize].devices[unit].names;
                let (subject, object) = (names.device, self.words.battery);
                let told = entry(node.id, at, Kind::Vital);
                out.lent.entries.push(Entry { subject, object, value: used, ..told });
            }
        }
    }

    fn surroundings(&mut self, node: &mut Node, now: i64, at: u64) {
        let min = now as f64 / 60_000.0;
        let within = |span: Option<(f64, f64)>| span.is_some_and(|(a, b)| (a..b).contains(&min));
        let (magnet, moves) = (within(self.setup.magnet_min), within(self.setup.exercise_min));
        for implant in &mut self.implants {
            if let Some(sensor) = implant.magnet_changed(magnet) {
                let value = f64::from(u8::from(magnet));
                node.runs(Errand::Sense { unit: implant.unit, sensor, value, at });
            }
            implant.moves(node, if moves { 0.6 } else { 0.0 });
        }
    }
}

impl Bedside for Cardiac {
    fn start(&mut self, node: &mut Node, view: View<'_>, out: &mut Outbox) {
        self.account(node, 0, 0, view, out);
        self.surroundings(node, 0, 0);
        self.wait(node, 0, view, out);
    }

    fn due(&mut self, node: &mut Node, key: Key, view: View<'_>, out: &mut Outbox) {
        if key.at != self.queued {
            return; // it was moved
        }
        let now = (key.at / NS_PER_MS) as i64;
        self.live(node, now, key.at, view, out);
        if self.rhythm.take_surroundings() {
            self.surroundings(node, now, key.at);
        }
        if self.account <= now {
            self.account = now + ACCOUNT_MS;
            self.account(node, now, key.at, view, out);
        }
        self.wait(node, key.at, view, out);
    }

    fn set(&mut self, node: &mut Node, set: Set, at: u64, view: View<'_>, out: &mut Outbox) {
        let now = (at / NS_PER_MS) as i64;
        let Some(own) = self.implants.iter_mut().find(|own| own.unit == set.unit) else { return };
        match own.set(set.port, set.value, now) {
            Does::Nothing => return,
            Does::Accounts => {
                own.refresh(node);
                self.account(node, now, at, view, out);
            }
            Does::Paces(Channel::Atrium) => self.heart.pace_a(now),
            Does::Paces(Channel::Ventricle) => self.heart.pace_v(now),
            Does::Misses => self.say(node.id, at, self.words.not_captured, set.value, view, out),
            Does::Shocks(energy_j) => self.heart.shock(now, energy_j),
        }
        self.happened(node, now, Some(set.unit), at, view, out);
        self.wait(node, at, view, out);
    }
}

impl Cardiac {
    /// What an implant's hardware can be set to by its software alone: its therapy.
    pub(crate) fn prescription() -> crate::dose::Prescription {
        let most = [
            ("atrial-pace", implant::MOST_V),
            ("ventricular-pace", implant::MOST_V),
            ("pulse-width", implant::MOST_MS),
            ("atrial-sensitivity", f64::INFINITY),
            ("ventricular-sensitivity", f64::INFINITY),
            ("radio", 3.0),
            ("charge", implant::MOST_J),
            ("shock", implant::MOST_J),
        ];
        most.map(|(port, value)| (port.to_owned(), value)).into()
    }
}

const _: () = assert!(MINUTE == 60_000 * NS_PER_MS);
