//! An interface engine: HL7 v2 in from devices, HL7 v2 out to the records, with a queue between.
//!
//! Models: MLLP from monitors and a central station, an answer to every message (`AA` taken, `AE` no message
//! or of no kind that is taken here, `AR` no room: send it again), a queue that keeps what the records
//! have not answered and sends its head again, and the alarms of an engine whose records are silent.
//! An engine that passes nothing on stands for the records themselves: it takes and answers.
//! It believes whoever speaks MLLP, as the standard has it (models.md 4.4).
//!
//! Left out: routes and mappings of fields, several receivers, records on disk: a reboot loses the queue, and senders
//! whose messages were answered do not send them again.
//!
//! Sources: HL7 v2.6 chapter 2, models.md 4.4. Queue and times are estimates [E].
//! Units: s and ms; counts. Domain of validity: up to 16 monitors and a central station, at a few messages a minute each.

use medtwin_hl7::{Ack, Alert, Answer, EPOCH_S, Message, Observations, Time, mllp};
use medtwin_sdk::{Config, Model, Priority, alarm, clock, display, network, timer};

mod queue;

use queue::Queue;

/// Peers, by the model's list: 16 monitors, then these.
const CENTRAL: u32 = 16;
const RECORDS: u32 = 17;
const SECOND_US: u64 = 1_000_000;
const RECORDS_SILENT: u32 = 0;
const FULL: u32 = 1;
/// Of one frame so many messages are taken, each of so many bytes, with an id of so many: who speaks MLLP waits for
/// an answer before the next (HL7 v2.6 appendix C), a message has 0.8 to 2 kB (models.md 4.4), and what a peer
/// sends at once must not be more than can be answered at once. What is left over is not answered, and
/// so is sent again [E].
const MOST_MESSAGES: usize = 4;
const MOST_BYTES: usize = 2500;
const MOST_ID_BYTES: usize = 64;
/// Messages that wait for so long make an alarm [ms] [E].
const SILENT_MS: u64 = 60_000;

/// What it shows, in the order of the model's fields.
#[derive(Clone, Copy)]
enum Field {
    Taken,
    Wrong,
    TurnedAway,
    Queued,
    PassedOn,
}

/// The engine.
pub struct InterfaceEngine {
    epoch_ms: u64,
    passes_on: bool,
    queue: Queue,
    counts: [u32; 5],
    rings: [bool; 2],
}

impl Model for InterfaceEngine {
    fn start(config: &Config) -> Self {
        let passes_on = config.flag("passes_on");
        if passes_on {
            let _ = timer::set(0, SECOND_US);
        }
        Self {
            epoch_ms: config.number("epoch_s", EPOCH_S as f64).clamp(0.0, 1e11) as u64 * 1000,
            passes_on,
            queue: Queue::new(config.number("room", 200.0).clamp(1.0, 2000.0) as usize),
            counts: [0; 5],
            rings: [false; 2],
        }
    }

    fn on_timer(&mut self, _id: u32) {
        let _ = timer::set(0, SECOND_US);
        let now_ms = now_ms();
        self.pump(now_ms);
        let waits = self.queue.waits_ms(now_ms).is_some_and(|ms| ms >= SILENT_MS);
        self.ring(RECORDS_SILENT, waits);
    }

    fn on_frame(&mut self, peer: u32, body: &[u8]) {
        let now_ms = now_ms();
        for message in mllp::messages(body).into_iter().take(MOST_MESSAGES) {
            if peer == RECORDS {
                self.answered(&message);
            } else if peer <= CENTRAL {
                self.take(peer, message, now_ms);
            }
        }
        self.pump(now_ms);
    }
}

impl InterfaceEngine {
    /// A message came in: it is answered, and queued if it is one.
    fn take(&mut self, peer: u32, bytes: Vec<u8>, now_ms: u64) {
        let fits = bytes.len() <= MOST_BYTES;
        let Some(message) = Message::parse(&bytes).ok().filter(|own| fits && has_short_names(own))
        else {
            self.count(Field::Wrong);
            return self.answer(peer, Answer::Error, "", "", now_ms);
        };
        let (id, trigger) = (message.field("MSH", 10).text(), message.kind().1.to_owned());
        let is_known = Observations::read(&message).is_some() || Alert::read(&message).is_some();
        let answer = if !is_known || id.is_empty() {
            self.count(Field::Wrong);
            Answer::Error
        } else if self.passes_on && !self.queue.push(id.clone(), bytes, now_ms) {
            self.count(Field::TurnedAway);
            Answer::Reject
        } else {
            self.count(Field::Taken);
            Answer::Accept
        };
        self.ring(FULL, answer == Answer::Reject);
        self.answer(peer, answer, &id, &trigger, now_ms);
    }

    fn answer(&self, peer: u32, answer: Answer, of: &str, trigger: &str, now_ms: u64) {
        let at = Time::of_millis(self.epoch_ms + now_ms);
        let ack = Ack { answer, of: of.to_owned(), sender: "INTERFACE_ENGINE".to_owned(), at };
        let _ = network::send(peer, &mllp::frame(ack.write(trigger).as_bytes()));
    }

    /// The records answered: the head of the queue is theirs, or will never be.
    fn answered(&mut self, message: &[u8]) {
        let ack = Message::parse(message).ok().and_then(|message| Ack::read(&message));
        let Some(ack) = ack.filter(|ack| ack.answer != Answer::Reject) else { return };
        if self.queue.done(&ack.of) {
            self.count(Field::PassedOn);
        }
    }

    /// Sends the head of the queue, if it is time.
    fn pump(&mut self, now_ms: u64) {
        if let Some(bytes) = self.queue.due(now_ms) {
            let _ = network::send(RECORDS, &mllp::frame(bytes));
        }
        self.show(Field::Queued, self.queue.len() as u32);
    }

    fn count(&mut self, field: Field) {
        self.show(field, self.counts[field as usize] + 1);
    }

    fn show(&mut self, field: Field, value: u32) {
        if self.counts[field as usize] != value {
            self.counts[field as usize] = value;
            let _ = display::show(field as u32, f64::from(value));
        }
    }

    fn ring(&mut self, which: u32, on: bool) {
        if std::mem::replace(&mut self.rings[which as usize], on) == on {
            return;
        }
        let _ = if on { alarm::raise(which, Priority::Low) } else { alarm::clear(which) };
    }
}

/// Whether what an answer repeats of a message is short: its id, and the three letters of its trigger.
fn has_short_names(message: &Message<'_>) -> bool {
    message.field("MSH", 10).text().len() <= MOST_ID_BYTES && message.kind().1.len() <= 3
}

/// Time since the start of the run [ms]; 0 without a clock.
fn now_ms() -> u64 {
    clock::now().map_or(0, |us| us / 1000)
}

#[cfg(target_arch = "wasm32")]
medtwin_sdk::device!(InterfaceEngine);
