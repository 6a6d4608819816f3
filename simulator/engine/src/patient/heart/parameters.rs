//! What one heart is made of, and the presets that a scenario names.

/// How the AV node conducts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conduction {
    /// Each impulse, more slowly the sooner it follows another.
    #[default]
    Normal,
    /// All but each so-manieth.
    Second2(u32),
    /// None.
    Third,
}

/// The parameters of a heart (models.md 2.1); times in ms.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "named as in the specification")]
pub struct Parameters {
    pub sinus_ms: i64,
    pub sinus_on: bool,
    pub first_sinus_ms: Option<i64>,
    /// Whether the cycle follows breath and pressure waves (3 % at 0.1 Hz, 4 % at 0.25 Hz) [E].
    pub varies: bool,
    pub a_erp_ms: i64,
    pub av_erp_ms: i64,
    pub av_least_ms: i64,
    pub av_slowing_ms: f64,
    pub av_recovery_ms: f64,
    pub conduction: Conduction,
    pub retrograde_ms: Option<i64>,
    pub v_erp_ms: i64,
    pub v_vulnerable_ms: i64,
    /// 0: none.
    pub junction_ms: i64,
    /// 0: none.
    pub escape_ms: i64,
    pub p_fibrillation: f64,
    pub fibrillation_ms: i64,
    pub fibrillation_jitter_ms: i64,
    pub tachycardia_ms: i64,
    /// Premature ventricular beats, in order of time.
    pub premature_ms: Vec<i64>,
    /// What goes on in the atrium besides.
    pub atrium: Atrium,
    /// Spontaneous VT and VF [1/day].
    pub per_day: (f64, f64),
}

/// A rhythm of the atrium that comes and goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Atrium {
    /// The sinus node's.
    #[default]
    Sinus,
    /// It stops for 3 to 6 s every 30 to 120 s [E].
    Pauses,
    /// It fibrillates for a minute or two, and stops after it [E].
    Fibrillates,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            sinus_ms: 857,
            sinus_on: true,
            first_sinus_ms: None,
            varies: false,
            a_erp_ms: 250,
            av_erp_ms: 320,
            av_least_ms: 120,
            av_slowing_ms: 250.0,
            av_recovery_ms: 150.0,
            conduction: Conduction::Normal,
            retrograde_ms: None,
            v_erp_ms: 280,
            v_vulnerable_ms: 60,
            junction_ms: 1500,
            escape_ms: 2000,
            p_fibrillation: 0.0,
            fibrillation_ms: 200,
            fibrillation_jitter_ms: 0,
            tachycardia_ms: 330,
            premature_ms: Vec::new(),
            atrium: Atrium::Sinus,
            per_day: (0.0, 0.0),
        }
    }
}

/// The presets, by name, with what they are.
pub const PRESETS: [(&str, &str); 12] = [
    ("nsr", "normal sinus rhythm, 70/min"),
    ("sinus-bradycardia", "sinus rhythm of 45/min"),
    ("sick-sinus", "sinus pauses of 3 to 6 s"),
    ("tachy-brady", "atrial fibrillation by turns with pauses"),
    ("av-block-1", "slow AV conduction"),
    ("av-block-2-1", "Wenckebach: each AV delay longer, until one beat is dropped"),
    ("av-block-2-2", "every third beat is not conducted"),
    ("av-block-3", "no AV conduction, junctional escape of 40/min"),
    ("av-block-3-infranodal", "no AV conduction, ventricular escape of 30/min"),
    ("pacemaker-dependent", "no AV conduction, ventricular escape of 17/min"),
    ("pmt-substrate", "no antegrade but retrograde conduction of 260 ms"),
    ("icd-patient", "sinus rhythm; VT and VF by themselves, and VF by an early stimulus"),
];

impl Parameters {
    /// The preset of this name.
    pub fn preset(name: &str) -> Option<Self> {
        let own = Self { varies: true, fibrillation_jitter_ms: 40, ..Self::default() };
        let third = Self { conduction: Conduction::Third, ..own.clone() };
        Some(match name {
            "nsr" => own,
            "sinus-bradycardia" => Self { sinus_ms: 1333, ..own },
            "sick-sinus" => Self { atrium: Atrium::Pauses, ..own },
            "tachy-brady" => Self { atrium: Atrium::Fibrillates, ..own },
            "av-block-1" => Self { av_least_ms: 260, ..own },
            "av-block-2-1" => {
                Self { av_slowing_ms: 600.0, av_recovery_ms: 400.0, av_erp_ms: 450, ..own }
            }
            "av-block-2-2" => Self { conduction: Conduction::Second2(3), ..own },
            "av-block-3" => third,
            "av-block-3-infranodal" => Self { junction_ms: 0, ..third },
            "pacemaker-dependent" => Self { junction_ms: 0, escape_ms: 3500, ..third },
            "pmt-substrate" => Self { retrograde_ms: Some(260), ..third },
            "icd-patient" => Self { p_fibrillation: 0.3, per_day: (0.05, 0.005), ..own },
            _ => return None,
        })
    }

    /// The sinus node's cycle at `now` [ms].
    pub(super) fn sinus_cycle_ms(&self, now: i64) -> i64 {
        if !self.varies {
            return self.sinus_ms;
        }
        let t_s = now as f64 / 1000.0;
        let wave = |hz: f64| libm::sin(2.0 * std::f64::consts::PI * hz * t_s);
        let share = 1.0 + 0.03 * wave(0.1) + 0.04 * wave(0.25);
        (self.sinus_ms as f64 * share + 0.5) as i64
    }
}
