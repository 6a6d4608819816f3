//! What can be seen, heard and felt at the bedside: all that a player may know.
//!
//! Taken from the entries of the trace by kind, and no entry's origin, cause, rule or step is ever
//! read here. A device's values are those that it shows.
//!
//! Left out: what a pump's own history would add, and the smell of an occluded line.

use std::collections::VecDeque;

use medtwin_engine::input::{Action, Hands};
use medtwin_engine::trace::{Entry, Kind, Name};
use serde::Serialize;

use crate::exercise::Exercise;
use crate::words;

mod screen;

pub(crate) use screen::{Power, Screen};

/// Lines of the log and points of a curve that are kept.
const LINES: usize = 200;
const POINTS: usize = 24 * 60;
/// How long a sound stays in the strip of alarms [s].
const MOMENT_S: u64 = 300;

/// An alarm that stands, or sounded just now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Alarm {
    pub(crate) device: String,
    #[serde(skip)]
    alarm: String,
    pub(crate) text: String,
    /// IEC 60601-1-8: 1 low, 2 medium, 3 high.
    pub(crate) priority: u8,
    pub(crate) since_s: u64,
    /// It sounded once, and does not stand.
    pub(crate) momentary: bool,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Line {
    /// Counted from 1.
    pub(crate) n: u64,
    pub(crate) at_s: u64,
    /// `alarm`, `device`, `wearer`, `team` or `exercise`; in an instructor's log also what is true.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// Of an alarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u8>,
}

/// The last lines of a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    written: u64,
    pub(crate) lines: VecDeque<Line>,
}

/// A dose that the pump beeped for and shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Dose(pub(crate) u64, pub(crate) f64);

/// What can be seen.
pub(crate) struct Seen {
    who: String,
    node: u32,
    wearer: Name,
    names: Vec<String>,
    pump: Option<usize>,
    cgm: Option<usize>,
    pub(crate) screens: Vec<Screen>,
    pub(crate) readings: VecDeque<(u64, f64)>,
    pub(crate) basal: VecDeque<(u64, f64)>,
    pub(crate) doses: VecDeque<Dose>,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) log: Log,
    hands: Hands,
    /// When the pump comes off, and when a spare is on [ns].
    replacing: VecDeque<(u64, u64)>,
}

impl Log {
    pub(crate) fn write(&mut self, at_s: u64, kind: &'static str, text: String) {
        self.line(at_s, kind, text, None);
    }

    fn line(&mut self, at_s: u64, kind: &'static str, text: String, priority: Option<u8>) {
        self.written += 1;
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { n: self.written, at_s, kind, text, priority });
    }
}

impl Seen {
    pub(crate) fn new(exercise: &Exercise) -> Self {
        let (node, bedside) = exercise.bedside().unzip();
        let wiring = bedside.and_then(|node| node.wearer()).map(|wearer| wearer.wiring);
        let devices = bedside.map(|node| &*node.devices).unwrap_or_default();
        let (pump, cgm) = wiring.map_or((None, None), |wiring| (wiring.pump, wiring.cgm));
        Self {
            who: words::capital(&exercise.wearer()),
            node: node.unwrap_or(u32::MAX),
            wearer: bedside.map(|node| node.name).unwrap_or_default(),
            names: exercise.plan.setup.names.list().to_vec(),
            pump,
            cgm: cgm.or(pump),
            screens: devices.iter().map(Screen::of).collect(),
            readings: VecDeque::new(),
            basal: VecDeque::new(),
            doses: VecDeque::new(),
            alarms: Vec::new(),
            log: Log::default(),
            hands: Hands::default(),
            replacing: VecDeque::new(),
        }
    }

    fn text(&self, name: Name) -> &str {
        self.names.get(name.0 as usize).map_or("?", String::as_str)
    }

    fn unit(&self, device: Name) -> Option<usize> {
        let device = self.text(device);
        self.screens.iter().position(|screen| screen.device == device)
    }

    /// Takes what happened, if it can be seen.
    pub(crate) fn take(&mut self, entry: &Entry) {
        self.pass(entry.at.as_nanos());
        if entry.entity != self.node {
            return;
        }
        let at_s = entry.at.as_nanos() / 1_000_000_000;
        let (word, object) = (self.text(entry.verb).to_owned(), self.text(entry.object).to_owned());
        match (entry.kind, self.unit(entry.subject)) {
            (Kind::Show, Some(unit)) => self.shows(unit, at_s, &object, entry.value),
            (Kind::Alarm, Some(unit)) => self.sounds(unit, at_s, &object, entry.value),
            (Kind::Life, Some(unit)) => self.lives(unit, at_s, &word),
            (Kind::Act, _) if entry.subject == self.wearer => {
                let text = words::of_act(&self.who, &word, entry.value);
                self.log.write(at_s, "wearer", text);
            }
            (Kind::Input, _) if entry.subject == self.wearer => {
                self.given(entry.at.as_nanos(), &word, entry.value);
            }
            _ => {}
        }
    }

    /// Time passes: what sounded a while ago is silent, a pump comes off, a spare is on.
    pub(crate) fn pass(&mut self, now_ns: u64) {
        let now_s = now_ns / 1_000_000_000;
        self.alarms.retain(|alarm| !alarm.momentary || alarm.since_s + MOMENT_S > now_s);
        while let Some((off_ns, on_ns)) = self.replacing.front().copied() {
            if off_ns <= now_ns {
                self.take_off(off_ns / 1_000_000_000);
            }
            if on_ns > now_ns {
                return;
            }
            self.replacing.pop_front();
            self.screens.iter_mut().for_each(Screen::renew);
            self.alarms.clear();
            self.log.write(on_ns / 1_000_000_000, "device", "The spare pump is on".to_owned());
        }
    }

    /// The pump is off the body and dark.
    fn take_off(&mut self, at_s: u64) {
        let Some(pump) = self.pump.filter(|pump| self.screens[*pump].power != Power::Off) else {
            return;
        };
        self.screens[pump].power = Power::Off;
        let device = words::capital(&self.screens[pump].device);
        self.alarms.retain(|alarm| alarm.device != device);
        push(&mut self.basal, (at_s, 0.0));
    }

    fn shows(&mut self, unit: usize, at_s: u64, field: &str, value: f64) {
        self.screens[unit].show(field, value);
        match field {
            "reading" if self.cgm == Some(unit) => push(&mut self.readings, (at_s, value)),
            "basal" if self.pump == Some(unit) => push(&mut self.basal, (at_s, value)),
            _ => {}
        }
    }

    fn sounds(&mut self, unit: usize, at_s: u64, alarm: &str, value: f64) {
        let device = words::capital(&self.screens[unit].device);
        let text = words::of_alarm(alarm);
        let same = |a: &Alarm| a.device == device && a.alarm == alarm;
        self.alarms.retain(|a| !same(a));
        if value < 1.0 {
            return self.log.write(at_s, "device", format!("{device}: {text}, over"));
        }
        let (priority, momentary) = (value as u8, words::is_momentary(alarm));
        // A device shows first and beeps then, within one event.
        let shown = self.screens[unit].value("last-bolus");
        let said = match shown.filter(|_| alarm == "beep" && self.pump == Some(unit)) {
            Some(units) => {
                push(&mut self.doses, Dose(at_s, units));
                format!("{device} beeps and shows a bolus of {} U", words::amount(units))
            }
            None => format!("{device}: {text}"),
        };
        self.log.line(at_s, "alarm", said, Some(priority));
        let alarm = alarm.to_owned();
        self.alarms.push(Alarm { device, alarm, text, priority, since_s: at_s, momentary });
        self.alarms.sort_by_key(|alarm| (std::cmp::Reverse(alarm.priority), alarm.since_s));
    }

    /// A device goes off or on. That an attacker's component took its place cannot be seen.
    fn lives(&mut self, unit: usize, at_s: u64, word: &str) {
        let (power, what) = match word {
            "down" => (Power::Off, "is off"),
            "fail-safe" => (Power::Failed, "has failed and delivers nothing"),
            "rebooted" => (Power::On, "starts again"),
            _ => return,
        };
        let device = words::capital(&self.screens[unit].device);
        self.screens[unit].power = power;
        self.alarms.retain(|alarm| power == Power::On || alarm.device != device);
        self.log.write(at_s, "device", format!("{device} {what}"));
    }

    /// Somebody acts.
    fn given(&mut self, at_ns: u64, word: &str, value: f64) {
        let Some(action) = words::action(word, value) else { return };
        self.log.write(at_ns / 1_000_000_000, "team", format!("Team: {action}"));
        let times = self.hands.take(at_ns, &action);
        if action == Action::ReplacePump {
            self.replacing.push_back(times);
            self.pass(at_ns);
        }
    }

    /// The screen of the pump.
    pub(crate) fn pump(&self) -> Option<&Screen> {
        self.screens.get(self.pump?)
    }

    /// The screen that shows the reading.
    pub(crate) fn cgm(&self) -> Option<&Screen> {
        self.screens.get(self.cgm?)
    }
}

pub(crate) fn push<T>(points: &mut VecDeque<T>, point: T) {
    if points.len() == POINTS {
        points.pop_front();
    }
    points.push_back(point);
}
