//! Times: a device's clock counts from the start of a run; a message bears a date.
//!
//! The run begins at [`EPOCH_S`] for a clock that is set right. Proleptic Gregorian, no leap seconds.

/// Midnight of 1 January 2026, UTC [s since 1970]: when a run begins, if a device is not told otherwise [E].
pub const EPOCH_S: u64 = 1_767_225_600;
/// The last second of the year 9999.
const LAST_S: u64 = 253_402_300_799;

/// A moment, to the millisecond [ms since 1970].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(u64);

impl Time {
    /// The moment at `ms` [ms since 1970], at most the last of the year 9999.
    pub fn of_millis(ms: u64) -> Self {
        Self(ms.min(LAST_S * 1000 + 999))
    }

    /// [ms since 1970]
    pub fn millis(self) -> u64 {
        self.0
    }

    /// Reads what [`Display`](core::fmt::Display) writes, with or without fraction and offset; times of
    /// another offset than UTC are none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix("+0000").unwrap_or(text);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "000"));
        let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() != 14 || fraction.len() != 3 || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let part = |from: usize, to: usize| whole[from..to].parse::<u64>().ok();
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
        if year < 1970 || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_before(year, month) + day.checked_sub(1)?;
        let next =
            if month == 12 { days_before(year + 1, 1) } else { days_before(year, month + 1) };
        if days >= next {
            return None;
        }
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
        Some(Self(seconds * 1000 + fraction.parse::<u64>().ok()?))
    }
}

/// Days from 1970 to the first of a month.
fn days_before(year: u64, month: u64) -> u64 {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let is_leap = leaps(year) > leaps(year - 1);
    let leap_day = u64::from(is_leap && month > 2);
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969) + BEFORE[month as usize - 1] + leap_day
}

impl core::fmt::Display for Time {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (seconds, ms) = (self.0 / 1000, self.0 % 1000);
        let days = seconds / 86_400;
        let mut year = 1970 + days / 366;
        while days_before(year + 1, 1) <= days {
            year += 1;
        }
        let month = (1..=12).rev().find(|&month| days_before(year, month) <= days).unwrap_or(1);
        let day = days - days_before(year, month) + 1;
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}.{ms:03}+0000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    #[test]
    fn the_run_begins_with_2026() {
        assert_eq!(format!("{}", Time::of_millis(EPOCH_S * 1000)), "20260101000000.000+0000");
    }

    #[test]
    fn known_days_are_right() {
        // `date -u -d 2024-02-29T23:59:59 +%s`, and of the first second of 2000
        assert_eq!(Time::parse("20240229235959"), Some(Time(1_709_251_199_000)));
        assert_eq!(Time::parse("20000101000000"), Some(Time(946_684_800_000)));
        assert_eq!(format!("{}", Time::of_millis(u64::MAX)), "99991231235959.999+0000");
    }

    #[test]
    fn days_that_are_not_in_the_calendar_are_none() {
        for text in
            ["20230229000000", "20260431000000", "20261301000000", "20260100000000", "2026", ""]
        {
            assert_eq!(Time::parse(text), None, "{text}");
        }
        for text in ["20260101240000", "20260101006000", "20260101000000.1", "20260101000000+0100"]
        {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_time_reads_back(ms in 0..=LAST_S * 1000) {
            let time = Time::of_millis(ms);
            prop_assert_eq!(Time::parse(&format!("{time}")), Some(time));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,24}") {
            let _ = Time::parse(&text);
        }
    }
}
