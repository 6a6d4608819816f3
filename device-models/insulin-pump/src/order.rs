//! What a person or a peer wants of the pump.

use medtwin_frames::{BOLUS_STEP_U, Frame, Kind};

/// Who gave an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A person at the panel.
    Panel,
    /// A peer by radio.
    Remote,
    /// The pump's own controller.
    Controller,
}

/// An order, with its arguments in the units of the pump.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// So many units [U].
    Bolus(f64),
    Suspend,
    Resume,
    /// A rate [U/h] for so many minutes.
    TempBasal(f64, f64),
    /// The largest bolus [U].
    SetLimit(f64),
    /// Whether remotes are listened to.
    SetRemote(bool),
}

impl Order {
    pub(crate) fn of_frame(frame: &Frame) -> Option<Self> {
        let units = f64::from(frame.a) * BOLUS_STEP_U;
        Some(match frame.kind {
            Kind::Bolus => Self::Bolus(units),
            Kind::Suspend => Self::Suspend,
            Kind::Resume => Self::Resume,
            Kind::TempBasal => Self::TempBasal(units, f64::from(frame.b)),
            Kind::SetLimit => Self::SetLimit(units),
            _ => return None,
        })
    }

    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Self::Bolus(_) => "bolus",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::TempBasal(..) => "temp-basal",
            Self::SetLimit(_) => "set-limit",
            Self::SetRemote(_) => "set-remote",
        }
    }

    /// The order as a line of the pump's log: `bolus 4.50 U at the panel`.
    pub(crate) fn line(&self, by: By) -> String {
        let place = match by {
            By::Panel => "at the panel",
            By::Remote => "from the remote",
            By::Controller => "by the controller",
        };
        match *self {
            // What nobody keyed in, the log alone tells.
            Self::TempBasal(rate, minutes) if by == By::Controller => {
                let thousandths = (rate * 1000.0).round() as u32;
                let (whole, part) = (thousandths / 1000, thousandths % 1000);
                format!("temp-basal {whole}.{part:03} U/h for {} min {place}", minutes as u32)
            }
            Self::Bolus(units) => {
                let hundredths = (units * 100.0).round() as u32;
                format!("bolus {}.{:02} U {place}", hundredths / 100, hundredths % 100)
            }
            _ => format!("{} {place}", self.verb()),
        }
    }

    /// The arguments as bytes, for the digest.
    pub(crate) fn arguments(&self) -> [u8; 16] {
        let (a, b) = match *self {
            Self::Bolus(units) | Self::SetLimit(units) => (units, 0.0),
            Self::TempBasal(rate, minutes) => (rate, minutes),
            Self::SetRemote(on) => (f64::from(u8::from(on)), 0.0),
            Self::Suspend | Self::Resume => (0.0, 0.0),
        };
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&a.to_le_bytes());
        bytes[8..].copy_from_slice(&b.to_le_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_in_the_units_of_the_pump() {
        let frame = Frame { serial: 1, kind: Kind::TempBasal, sequence: 0, a: 60, b: 30 };
        assert_eq!(Order::of_frame(&frame), Some(Order::TempBasal(1.5, 30.0)));
    }

    #[test]
    fn a_line_of_the_log_says_how_much_and_where() {
        assert_eq!(Order::Bolus(4.5).line(By::Panel), "bolus 4.50 U at the panel");
        assert_eq!(Order::Bolus(0.05).line(By::Remote), "bolus 0.05 U from the remote");
        assert_eq!(Order::Suspend.line(By::Panel), "suspend at the panel");
        let rate = Order::TempBasal(0.825, 30.0);
        assert_eq!(rate.line(By::Remote), "temp-basal from the remote");
        let told = "temp-basal 0.825 U/h for 30 min by the controller";
        assert_eq!(rate.line(By::Controller), told);
    }

    #[test]
    fn a_reading_is_no_order() {
        let frame = Frame { serial: 1, kind: Kind::Reading, sequence: 0, a: 120, b: 0 };
        assert_eq!(Order::of_frame(&frame), None);
    }
}
