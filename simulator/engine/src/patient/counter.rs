//! Counter-regulation: what the liver does about a low. **An extension of ours** to UVA/Padova S2008.
//!
//! The form is that of S2013 (Dalla Man et al. 2014, J Diabetes Sci Technol 8:26): glucagon in one compartment,
//! secreted the more the further plasma glucose is below a threshold, acts with a delay on endogenous glucose
//! production, as a term beside those of glucose and insulin. Its parameters are not public; these are [E], chosen
//! so that at 50 mg/dL production rises by 2 mg/kg/min, about its fasting rate, within half an hour, and by no more
//! than 4. One response stands for glucagon and epinephrine together, since in long-standing type 1 diabetes the
//! one fails and the other remains (Cryer 2013, N Engl J Med 369:362).
//!
//! Left out: secretion by the rate of fall and by insulin, glycogen that runs out, lower thresholds after earlier
//! lows, and the higher insulin-dependent utilisation of S2013. So the two models are two opinions, and the truth
//! of a person who lost their response lies between them. Domain of validity: as without it, 10 to 600 mg/dL.
//!
//! Units: mg/dL, mg/kg/min, min. Sources: as above, parameters [E].

/// Below this plasma glucose it begins [mg/dL]: the threshold of glucagon and epinephrine is 65 to 70 (Cryer 2013).
const THRESHOLD_MG_DL: f64 = 70.0;
/// What leaves the compartment and what reaches the liver [1/min] [E].
const CLEARED_PER_MIN: f64 = 0.1;
const ACTS_PER_MIN: f64 = 0.1;
/// Rise of production in the steady state for each mg/dL below the threshold [mg/kg/min] [E].
const GAIN: f64 = 0.1;
/// The most that the liver adds [mg/kg/min] [E].
const MOST: f64 = 4.0;

/// The response so far, in terms of what it leads to [mg/kg/min].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counter {
    secreted: f64,
    acting: f64,
}

/// What the liver makes beside what glucose and insulin let it make [mg/kg/min].
#[derive(Clone, Copy, Debug)]
pub(super) struct Response(pub(super) f64);

impl Counter {
    /// A minute at `plasma_mg_dl`, each compartment exact for what flows in.
    pub(super) fn minute(&mut self, plasma_mg_dl: f64) -> Response {
        let wanted = (GAIN * (THRESHOLD_MG_DL - plasma_mg_dl)).clamp(0.0, MOST);
        self.secreted += (1.0 - libm::exp(-CLEARED_PER_MIN)) * (wanted - self.secreted);
        self.acting += (1.0 - libm::exp(-ACTS_PER_MIN)) * (self.secreted - self.acting);
        Response(self.acting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_50_it_reaches_its_rise_in_half_an_hour_and_fades_afterwards() {
        let mut counter = Counter::default();
        let mut after =
            |minutes: u32, mg_dl: f64| (0..minutes).fold(0.0, |_, _| counter.minute(mg_dl).0);
        assert!(after(120, 71.0).abs() < 1e-9, "nothing above the threshold");
        assert!((1.5..2.0).contains(&after(30, 50.0)));
        assert!((after(120, 10.0) - MOST).abs() < 0.1, "and no more than that");
        assert!(after(60, 90.0) < 0.2);
    }
}
