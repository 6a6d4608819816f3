//! Which devices are offered a version, and when no more are.

/// How often a device is offered the same image again before somebody has to look.
const TRIES: u8 = 3;
/// So many questions in a row without an answer, and nothing is known of a device.
const SILENT: u8 = 2;

/// What a device is taken to say of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It runs this version.
    Runs(u32),
    /// It does not run.
    Down,
    /// Nothing that can be believed.
    Nothing,
}

/// A version on its way to devices, wave by wave.
pub(crate) struct Rollout {
    devices: Vec<Device>,
    /// How many the next wave has.
    next: usize,
    /// From so many failures on no device is offered it.
    most: f64,
    halted: bool,
}

#[derive(Clone, Copy, Default)]
struct Device {
    offered: bool,
    /// It said, after it was offered, that it runs it.
    well: bool,
    distrusted: bool,
    tries: u8,
    silent: u8,
}

impl Device {
    fn failed(&self) -> bool {
        self.offered && !self.well
    }
}

impl Rollout {
    pub(crate) fn new(devices: usize, first: usize, most: f64) -> Self {
        let next = first.max(1);
        Self { devices: vec![Device::default(); devices], next, most, halted: false }
    }

    /// The devices of the next wave: none once too many have failed.
    pub(crate) fn wave(&mut self) -> Vec<usize> {
        let failures = self.devices.iter().filter(|device| device.failed()).count();
        self.halted |= failures as f64 >= self.most;
        if self.halted {
            return Vec::new();
        }
        let waiting = self.devices.iter_mut().enumerate();
        let waiting = waiting.filter(|(_, device)| !device.offered && !device.distrusted);
        let wave = waiting.take(self.next).map(|(at, device)| {
            (device.offered, device.well) = (true, false);
            at
        });
        let wave = wave.collect();
        self.next *= 2;
        wave
    }

    pub(crate) fn is_halted(&self) -> bool {
        self.halted
    }

    /// Whether another wave is to come.
    pub(crate) fn goes_on(&self) -> bool {
        let mut devices = self.devices.iter();
        !self.halted && devices.any(|device| !device.offered && !device.distrusted)
    }

    /// Takes what `device` says; the version to show, 0 if it runs none and -1 if it is not trusted.
    pub(crate) fn says(&mut self, device: usize, said: Said, newest: u32) -> f64 {
        let device = &mut self.devices[device];
        device.silent = 0;
        device.distrusted |= said == Said::Nothing;
        device.well =
            !device.distrusted && matches!(said, Said::Runs(version) if version >= newest);
        if device.well {
            device.tries = 0;
        }
        match said {
            _ if device.distrusted => -1.0,
            Said::Runs(version) => f64::from(version),
            Said::Down | Said::Nothing => 0.0,
        }
    }

    /// Whether `device`, which runs something else than it was offered, is offered it again.
    pub(crate) fn offers_again(&mut self, device: usize) -> bool {
        let halted = self.halted;
        let device = &mut self.devices[device];
        let again = device.failed() && !device.distrusted && !halted && device.tries < TRIES;
        device.tries += u8::from(again);
        again
    }

    /// A question to `device` was not answered; whether nothing is known of it any more.
    pub(crate) fn is_silent(&mut self, device: usize) -> bool {
        let device = &mut self.devices[device];
        device.silent = device.silent.saturating_add(1);
        device.well &= device.silent < SILENT;
        device.silent >= SILENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six devices, one of which is offered first.
    fn six(most: f64) -> Rollout {
        let mut rollout = Rollout::new(6, 1, most);
        assert_eq!(rollout.wave(), [0]);
        rollout
    }

    #[test]
    fn each_wave_is_twice_as_large_while_devices_run_well() {
        let mut rollout = six(1.0);
        for (wave, next) in [(vec![0], vec![1, 2]), (vec![1, 2], vec![3, 4, 5])] {
            assert!(rollout.goes_on());
            for at in wave {
                rollout.says(at, Said::Runs(12), 12);
            }
            assert_eq!(rollout.wave(), next);
        }
        assert!(!rollout.goes_on() && !rollout.is_halted());
    }

    #[test]
    fn as_many_failures_as_the_rule_says_halt_it_and_one_less_does_not() {
        for (most, halted) in [(1.0, true), (2.0, false)] {
            let mut rollout = six(most);
            rollout.says(0, Said::Down, 12);
            assert_eq!(rollout.wave().is_empty(), halted);
            assert_eq!((rollout.is_halted(), rollout.goes_on()), (halted, !halted));
        }
    }

    #[test]
    fn who_says_nothing_or_an_older_version_has_failed() {
        for said in [None, Some(Said::Runs(11)), Some(Said::Nothing), Some(Said::Down)] {
            let mut rollout = six(1.0);
            said.map(|said| rollout.says(0, said, 12));
            assert!(rollout.wave().is_empty(), "{said:?}");
        }
    }

    #[test]
    fn who_is_not_trusted_is_offered_nothing_again_whatever_it_says_later() {
        let mut rollout = six(f64::INFINITY);
        assert!(rollout.says(0, Said::Nothing, 12) < 0.0);
        assert!(!rollout.offers_again(0));
        assert!(rollout.says(0, Said::Runs(12), 12) < 0.0);
    }

    #[test]
    fn a_device_is_offered_an_image_again_only_so_often() {
        let mut rollout = six(f64::INFINITY);
        rollout.says(0, Said::Runs(11), 12);
        assert_eq!((0..5).filter(|_| rollout.offers_again(0)).count(), usize::from(TRIES));
        rollout.says(0, Said::Runs(12), 12);
        rollout.says(0, Said::Down, 12);
        assert!(rollout.offers_again(0), "it ran well in between");
    }

    #[test]
    fn one_lost_answer_is_no_failure_and_two_are() {
        let mut rollout = six(1.0);
        rollout.says(0, Said::Runs(12), 12);
        assert!(!rollout.is_silent(0) && !rollout.devices[0].failed());
        assert!(rollout.is_silent(0) && rollout.devices[0].failed());
    }
}
