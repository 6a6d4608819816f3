//! A device alone on a workbench: it is told events, and everything it does is written down.
//!
//! No policy is in force, no patient is wired to it, and no frame is lost: what is looked at is the model. A
//! run never comes here. Its timers are the caller's to fire, at the time of the earliest.

use crate::device::{Device, Event, Fault, Recipe, Setting, Terms};
use crate::lent::{Effect, Lent, Said};

/// What a device did.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// It set an actuator.
    Set(u32, f64),
    /// It sent a frame to a peer.
    Sent(u32, Vec<u8>),
    /// It raised an alarm, or cleared it with priority 0.
    Alarm(u32, u8),
    /// It showed a value in a field.
    Shown(u32, f64),
    /// It wrote a line to its log.
    Line(String),
}

/// A device on a workbench.
pub struct Workbench {
    device: Box<dyn Device>,
    lent: Box<Lent>,
    done: Vec<(u64, Done)>,
}

impl Workbench {
    /// Powers a device on at 0, with what its sensors read.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        recipe: &dyn Recipe,
        config: &[Setting],
        sensors: Vec<Option<f64>>,
    ) -> Result<Self, Fault> {
        let device = recipe.build(&Terms::default())?;
        let mut own =
            Self { device, lent: Box::new(Lent::on_workbench(sensors)), done: Vec::new() };
        let started = own.device.start(&mut own.lent, config);
        own.collect();
        started.map(|()| own)
    }

    /// Something happens to it at `at` [ns].
    ///
    /// # Errors
    /// When it breaks off.
    pub fn tell(&mut self, at: u64, event: Event<'_>) -> Result<(), Fault> {
        self.lent.now = at;
        let done = self.device.handle(&mut self.lent, event);
        self.collect();
        done
    }

    /// When its earliest timer is due [ns].
    pub fn next_timer(&self) -> Option<u64> {
        self.lent.timers.iter().map(|&(_, at)| at).min()
    }

    /// Fires its earliest timer.
    ///
    /// # Errors
    /// When it breaks off.
    pub fn fire(&mut self) -> Result<(), Fault> {
        let Some(at) = self.next_timer() else { return Ok(()) };
        let Some(place) = self.lent.timers.iter().position(|timer| timer.1 == at) else {
            return Ok(());
        };
        let (id, at) = self.lent.timers.remove(place);
        self.tell(at, Event::Timer(id))
    }

    /// What it did since it was last asked, each with its time [ns].
    pub fn take_done(&mut self) -> Vec<(u64, Done)> {
        std::mem::take(&mut self.done)
    }

    fn collect(&mut self) {
        let (now, bytes) = (self.lent.now, std::mem::take(&mut self.lent.bytes));
        let said = self.lent.take_said().into_iter().map(|said| match said {
            Said::Shown(field, value) => Done::Shown(field, value),
            Said::Line(line) => Done::Line(line),
        });
        let effect = |effect| match effect {
            Effect::Set { port, value, .. } => Some(Done::Set(port, value)),
            Effect::Send { peer, start, len } => {
                let body = bytes.get(start as usize..(start + len) as usize);
                Some(Done::Sent(peer, body.unwrap_or_default().to_vec()))
            }
            Effect::Alarm { alarm, priority } => Some(Done::Alarm(alarm, priority)),
            Effect::Timer { .. } | Effect::Activate => None,
        };
        let effects = std::mem::take(&mut self.lent.out).into_iter().filter_map(effect);
        self.done.extend(said.chain(effects).map(|done| (now, done)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows what its sensor reads whenever its timer is due, and answers frames.
    struct Gauge;

    impl Device for Gauge {
        fn start(&mut self, lent: &mut Box<Lent>, _: &[Setting]) -> Result<(), Fault> {
            let _ = lent.set_timer(7, 1000);
            Ok(())
        }

        fn handle(&mut self, lent: &mut Box<Lent>, event: Event<'_>) -> Result<(), Fault> {
            if let Event::Frame { peer, body } = event {
                let _ = (lent.send(peer, body), lent.log("heard"));
                return Ok(());
            }
            let read = lent.read(0).ok().flatten().unwrap_or(0.0);
            let _ = (lent.show(2, read), lent.set(1, 2.0 * read));
            Ok(())
        }
    }

    impl Recipe for Gauge {
        fn build(&self, _: &Terms) -> Result<Box<dyn Device>, Fault> {
            Ok(Box::new(Self))
        }

        fn digest(&self) -> [u8; 32] {
            [0; 32]
        }

        fn imports(&self) -> &[String] {
            &[]
        }
    }

    #[test]
    fn what_a_device_does_is_written_down_with_its_time() -> Result<(), Fault> {
        let mut bench = Workbench::start(&Gauge, &[], vec![Some(1.5)])?;
        assert_eq!(bench.next_timer(), Some(1_000_000));
        bench.fire()?;
        bench.tell(3_000_000, Event::Frame { peer: 4, body: &[9] })?;
        let done = [
            (1_000_000, Done::Shown(2, 1.5)),
            (1_000_000, Done::Set(1, 3.0)),
            (3_000_000, Done::Line("heard".to_owned())),
            (3_000_000, Done::Sent(4, vec![9])),
        ];
        assert_eq!(bench.take_done(), done);
        assert_eq!(bench.next_timer(), None);
        Ok(())
    }
}
