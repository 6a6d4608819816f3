//! Every metric, with its unit and meaning.

/// A metric: its id, unit and meaning.
#[derive(Clone, Copy, Debug)]
pub struct MetricSpec {
    /// `ID.part`; the entity follows.
    pub id: &'static str,
    /// Whose it is.
    pub whose: Whose,
    /// Its unit.
    pub unit: &'static str,
    /// What it says, and when it is undefined.
    pub meaning: &'static str,
}

/// Whose a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The run's.
    Run,
    /// Each patient's.
    Patient,
    /// Each device's.
    Device,
    /// Each link's.
    Link,
    /// Each switch's.
    Switch,
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Run => "",
            Self::Patient => "patient",
            Self::Device => "device",
            Self::Link => "link",
            Self::Switch => "switch",
        })
    }
}

/// Every metric that a run can give.
pub const METRICS: &[MetricSpec] = &[
    run(
        "INT-1.uca",
        "count",
        "Commands that a device accepted and the intent denies; silent ones included.",
    ),
    run(
        "INT-1.silent",
        "count",
        "Of those, actuators set beyond the prescription without a begun command; a flow may go back to what a command interrupted.",
    ),
    run(
        "INT-1.attempted",
        "count",
        "Attempts that the intent denies: frames of an adversary that reached a device, commands that nobody with the right to gave, and silent settings asked for. A command denied again within a second, with the same arguments, counts once.",
    ),
    run("INT-1.uar", "proportion", "uca / attempted. Undefined without an attempt."),
    run(
        "INT-1.frr",
        "proportion",
        "False rejects: commands that the intent allows and the device's policy denied, be it by a limit or by keeping the device from starting, of all it allows. Undefined without one.",
    ),
    run("INT-1.rejected", "count", "False rejects, counted."),
    run(
        "INT-1.forged_u",
        "U",
        "Insulin that reached a patient and that nobody with the right to ordered: by forged, replayed or silent settings.",
    ),
    run(
        "INT-2.believed",
        "count",
        "Times that a device was given a record of its own as somebody had altered it by hand. Of scenarios in which an adversary has a device's memory in hand.",
    ),
    device(
        "INT-6.offset_s",
        "s",
        "The most that the clock of the device was off, as it was when the time was asked for and set. Of devices with a `time_from`.",
    ),
    patient(
        "INT-3.td_abs",
        "U",
        "Therapy deviation: integral of |delivered - delivered in the clean arm|, by minute.",
    ),
    patient("INT-3.td_plus", "U", "Its over-delivery part."),
    patient("INT-3.td_minus", "U", "Its under-delivery part."),
    patient(
        "INT-3.td_rel",
        "proportion",
        "td_abs over what the clean arm delivered. Undefined if that is nothing.",
    ),
    patient("INT-3.td_window", "U", "Largest over-delivery within 60 minutes."),
    device("AVL-1", "proportion", "Time in which the device was up, of the run."),
    run(
        "AVL-2.served",
        "proportion",
        "Doses that fell due, were ordered by a person (90 to 150 % of what was due) and had arrived within so many minutes as the pump needs for them and 10 more, of all that fell due. Undefined without one.",
    ),
    run(
        "AVL-4.missed",
        "proportion",
        "Doses due that had not arrived within 60 minutes. Undefined without one.",
    ),
    run(
        "AVL-4.late",
        "proportion",
        "Doses due that had arrived after that and within 60 minutes. Undefined without one.",
    ),
    run(
        "AVL-4.delay_min",
        "min",
        "Longest time from when a dose fell due until it had arrived, of those that did. Undefined if none did.",
    ),
    patient(
        "AVL-4.gap_min",
        "min",
        "Minutes, in blocks of 15, without insulin where the clean arm had some.",
    ),
    run(
        "AVL-4.wait_s",
        "s",
        "Longest time that a person stood at a locked panel before they were let in, or the run ended. Of scenarios with accounts.",
    ),
    link(
        "AVL-6.loss",
        "proportion",
        "Frames of devices and people that the link lost or dropped, of all that were sent on it. Of links that have a rate; undefined if nothing was sent.",
    ),
    link("AVL-6.dropped", "count", "Of those, frames for which a full queue had no room."),
    switch(
        "AVL-6.refused",
        "count",
        "Frames of devices and people that the firewall of a switch refused. Of scenarios with switches.",
    ),
    link(
        "AVL-6.delay_p50_ms",
        "ms",
        "Median of how long frames of devices and people took that arrived, waiting for others included; to 1.6 %. Undefined if none did.",
    ),
    link("AVL-6.delay_p99_ms", "ms", "The same: what 99 % stayed below."),
    run(
        "INT-7.forged_shown",
        "count",
        "Vital signs that a screen showed because an adversary sent or repeated them. Of scenarios with a monitor at a bed, like the two that follow.",
    ),
    run(
        "INT-7.diverged_s",
        "s",
        "Time in which a central station showed a vital sign that the bed's monitor did not: 5 beats, 3 % or 2 breaths apart, for longer than 2 s. Summed over vital signs.",
    ),
    run(
        "INT-7.shown_wrong_s",
        "s",
        "Time in which a monitor showed a vital sign that was not true, by the same tolerance; averages and delays of sensors are in it.",
    ),
    run(
        "AVL-5.alarms_per_bed_day",
        "1/d",
        "Alarms that devices at a bed raised, by bed and day. Of scenarios with a monitor at a bed, like all of AVL-5.",
    ),
    run(
        "AVL-5.false_per_patient_h",
        "1/h",
        "Of those about a vital sign, by patient and hour, such as no true value beyond its limit explains, at that time or just before.",
    ),
    run(
        "AVL-5.conditions",
        "count",
        "Times that a true vital sign lay beyond its limit for as long as measuring and telling takes.",
    ),
    run(
        "AVL-5.missed",
        "count",
        "Of those, times that staff heard of it later than its measurement needs and its priority allows (10 s high, 30 s medium), or never. Without staff: that no alarm at the bed began by then.",
    ),
    run(
        "AVL-5.ignored",
        "count",
        "Alarms below high priority that staff heard and, tired of false ones, did not answer.",
    ),
    run(
        "AVL-5.unanswered",
        "count",
        "Conditions that went on for ten minutes without anybody at the bed.",
    ),
    run(
        "AVL-5.signal_p50_s",
        "s",
        "Median time from a condition to the alarm at the bed. What never came is censored at the condition's end. Undefined without a condition, like the others.",
    ),
    run("AVL-5.signal_p95_s", "s", "Its 95 % quantile."),
    run("AVL-5.heard_p50_s", "s", "Median time until staff heard of it."),
    run("AVL-5.heard_p95_s", "s", "Its 95 % quantile."),
    run("AVL-5.bedside_p50_s", "s", "Median time until somebody was at the bed."),
    run("AVL-5.bedside_p95_s", "s", "Its 95 % quantile."),
    run("AVL-5.action_p50_s", "s", "Median time until the patient was treated."),
    run("AVL-5.action_p95_s", "s", "Its 95 % quantile."),
    run(
        "AVL-9.nurse_min",
        "min",
        "Time that nurses spent on their way to beds and there, because of alarms.",
    ),
    run(
        "INT-1.bg",
        "count",
        "How often somebody broke the glass: access in an emergency, without a login. Of scenarios with accounts.",
    ),
    run(
        "INT-1.bg_owed",
        "count",
        "Of those, how often nobody will write down why: an adversary never does, people do when it is over.",
    ),
    run(
        "CON-1",
        "count",
        "Records that an adversary could read: glucose readings and doses in clear, and what lies unprotected in a memory in their hands.",
    ),
    run(
        "CON-1.at_rest",
        "count",
        "Of those, records that lay in a device's memory. Of scenarios in which an adversary has one in hand.",
    ),
    patient(
        "SAF.severity",
        "class 0-5",
        "Worst severity by the harm model (ISO 14971 classes; 0 is no harm). Illustrative until clinicians have reviewed it.",
    ),
    run(
        "SAF.harmed",
        "count",
        "Patients with a severity of 3 or more. Of scenarios with several patients.",
    ),
    patient(
        "SAF.pauses_over_3s",
        "count",
        "Times that no effective ventricular beat came for more than 3 s. Of a heart.",
    ),
    patient(
        "SAF.longest_pause_s",
        "s",
        "Longest time without an effective ventricular beat, to the end of the run. Of a heart.",
    ),
    patient(
        "SAF.seconds_below_40_ppm",
        "s",
        "Time in ventricular cycles slower than 40 /min. Of a heart.",
    ),
    patient(
        "SAF.seconds_above_150_ppm",
        "s",
        "Time in ventricular cycles faster than 150 /min, VF apart. Of a heart.",
    ),
    patient("SAF.time_in_vf_s", "s", "Time in ventricular fibrillation. Of a heart."),
    patient("SAF.shocks", "count", "Shocks of a device in the patient. Of a heart."),
    patient(
        "SAF.inappropriate_shocks",
        "count",
        "Of those, shocks without VT or VF in the last 10 s.",
    ),
    patient(
        "SAF.missed_therapy",
        "count",
        "Episodes of VF that lasted more than 30 s without a shock. Of a heart.",
    ),
    patient(
        "SAF.time_to_therapy_s",
        "s",
        "Longest time from the beginning of VF to the first shock of a device. Undefined without such a shock. Of a heart.",
    ),
    patient(
        "SAF.paces_too_soon",
        "count",
        "Ventricular paces within 300 ms after a beat of the heart's own. Of a heart.",
    ),
    patient("SAF.not_captured", "count", "Pulses too weak to capture. Of a heart."),
    patient(
        "SAF.pmt_s",
        "s",
        "Time in pacemaker-mediated tachycardia: more than 16 paced beats in a row at the prescribed upper rate or faster, each after an atrial activation that came back from the ventricle at an even interval. Of a heart.",
    ),
    patient(
        "SAF.paced_as_intended",
        "proportion",
        "Share of the time in ventricular cycles that lies in cycles between the intervals of the prescribed upper and lower rate, 5 % more or less; silence that lasts to the end is not as intended. Undefined where there is neither. Of a heart.",
    ),
    patient(
        "SAF.paced_v",
        "proportion",
        "Ventricular beats that were paced. Undefined without a beat.",
    ),
    patient("SAF.paced_a", "proportion", "Atrial beats that were paced. Undefined without one."),
    patient(
        "SAF.min_map_mmhg",
        "mmHg",
        "Lowest mean arterial pressure just before a beat. Of a heart.",
    ),
    device("AVL-1.battery_c", "C", "Charge that an implant's battery gave."),
    device(
        "AVL-1.battery_days_lost",
        "d",
        "Days of ordinary use that the attack took from an implant's battery: the charge that it cost beyond the clean arm, over what the clean arm used in a day.",
    ),
    patient(
        "SAF.min_glucose_mg_dl",
        "mg/dL",
        "Lowest true glucose. Undefined once the patient left the model's domain of validity.",
    ),
    patient(
        "SAF.max_glucose_mg_dl",
        "mg/dL",
        "Highest true glucose. Undefined once the patient left the model's domain of validity.",
    ),
    patient("SAF.minutes_below_54", "min", "Minutes with true glucose below 54 mg/dL."),
    patient("SAF.minutes_below_70", "min", "Minutes with true glucose below 70 mg/dL."),
    patient("SAF.minutes_above_250", "min", "Minutes with true glucose above 250 mg/dL."),
    patient("SAF.time_in_range", "proportion", "Minutes from 70 to 180 mg/dL."),
    patient("SAF.outside_model", "flag", "1 if glucose left the model's domain of validity."),
    patient("SAF.insulin_u", "U", "Insulin that reached the patient."),
    run(
        "DET.effect_min",
        "min",
        "When the attack first had an effect, from the start: a device accepted an unauthorised command, an actuator was set without one, or a component was replaced. Undefined without one.",
    ),
    run(
        "DET-2.notice_min",
        "min",
        "From that effect to the first noticing of anything: a beep that the wearer did not cause, a warning, a pump that stopped by itself, or a nurse who finds a patient ill. Undefined without an effect, and if nobody noticed.",
    ),
    run(
        "SAF.harm_min",
        "min",
        "From that effect to the first minute of true glucose below 54 mg/dL, or of any other harm of severity 3 or more. Undefined without an effect, and without such harm after it.",
    ),
    run(
        "POL-1.op_emp",
        "proportion",
        "Over-privilege: what devices may do and did not in this run, of all they may do, weighted by danger from 1 to 10. Of clean arms; undefined under attack.",
    ),
    run("COST.key_presses", "count", "Key presses that the wearer made at devices."),
    run("COST.seconds", "s", "Seconds that the wearer spent at devices."),
    device("FAULT", "count", "Faults of the device."),
    device(
        "INT-4.unapproved",
        "proportion",
        "Time in which a device whose slots an update processor holds ran an adversary's component, of the run. Without an entity, of all such devices.",
    ),
    run(
        "INT-4.reached",
        "count",
        "Such devices into which an adversary's component was put at any time, by hand or by an update.",
    ),
    device(
        "INT-4.attested_wrong",
        "proportion",
        "Time in which an update server showed a newer version of it than ran, or any while an adversary's component or nothing ran, of the run. A server that shows none is not mistaken.",
    ),
    device(
        "LIF-3.exposed",
        "proportion",
        "Time in which it ran a version older than the newest that its manufacturer signed, of the run.",
    ),
    patient(
        "SAF.spo2_below_90_s",
        "s",
        "True saturation below 90 %. This and what follows: of patients in hospital beds who get opioids.",
    ),
    patient("SAF.spo2_below_85_s", "s", "True saturation below 85 %."),
    patient("SAF.spo2_below_80_s", "s", "True saturation below 80 %."),
    patient("SAF.min_spo2", "%", "Lowest true saturation."),
    patient("SAF.slow_breathing_s", "s", "Fewer than 8 breaths a minute."),
    patient("SAF.apnoea_longest_s", "s", "The longest time without a breath."),
    patient("SAF.etco2_above_50_s", "s", "CO2 at the end of a breath of 50 mmHg or more."),
    patient("SAF.etco2_above_60_s", "s", "CO2 at the end of a breath of 60 mmHg or more."),
    patient(
        "SAF.above_2_c50_s",
        "s",
        "Opioids at the effect site at twice the concentration that halves the drive to breathe, or more.",
    ),
    patient("SAF.pain_above_6_min", "min", "Pain above 6 of 10: too little was given."),
    patient("SAF.arrest", "flag", "1 if the heart stopped for lack of oxygen."),
    patient("SAF.opioid_mg", "mg", "Opioid that reached the patient."),
    patient("SAF.forged_opioid_mg", "mg", "Of it, what nobody with the right to ordered."),
    patient(
        "SAF.boluses",
        "count",
        "Doses that a pump began: on demand, by a clinician, or by a flow that rose to above the prescribed one without a command.",
    ),
    patient(
        "SAF.bolus_in_lockout",
        "count",
        "Of those but a clinician's, how often sooner after the one before than the prescribed lockout.",
    ),
    patient(
        "SAF.dose_ratio",
        "proportion",
        "The most that left pumps within an hour, of what is prescribed as its limit.",
    ),
    patient(
        "SAF.unsafe_dose",
        "flag",
        "1 if that is more than 1.1, or a bolus began within the lockout.",
    ),
    device("INT-3.unshown_ml", "mL", "What left the pump, less what it shows that it gave."),
];

/// The list of metrics as a page of Markdown; `docs/metrics.md` is this.
pub fn metrics_page() -> String {
    let mut page = String::from(
        "# Metrics\n\nWritten by `medtwin metrics`. Ids are `ID.part` or `ID.part.entity`, where it is of each patient, device, link or \
         switch. Of several of them, a metric without an entity is what the column says; it is empty where there is none. What is \
         undefined is `null`, with its reason under `undefined`.\n\n\
         | id | of each | unit | of several | meaning |\n|---|---|---|---|---|\n",
    );
    for metric in METRICS {
        let (id, unit, meaning) = (metric.id, metric.unit, metric.meaning);
        let together = metric.together().map_or(String::new(), |together| together.to_string());
        page += &format!("| `{id}` | {} | {unit} | {together} | {meaning} |\n", metric.whose);
    }
    page
}

const fn run(id: &'static str, unit: &'static str, meaning: &'static str) -> MetricSpec {
    MetricSpec { id, whose: Whose::Run, unit, meaning }
}

const fn patient(id: &'static str, unit: &'static str, meaning: &'static str) -> MetricSpec {
    MetricSpec { id, whose: Whose::Patient, unit, meaning }
}

const fn device(id: &'static str, unit: &'static str, meaning: &'static str) -> MetricSpec {
    MetricSpec { id, whose: Whose::Device, unit, meaning }
}

const fn link(id: &'static str, unit: &'static str, meaning: &'static str) -> MetricSpec {
    MetricSpec { id, whose: Whose::Link, unit, meaning }
}

const fn switch(id: &'static str, unit: &'static str, meaning: &'static str) -> MetricSpec {
    MetricSpec { id, whose: Whose::Switch, unit, meaning }
}
