// Alarm sounds in the manner of IEC 60601-1-8: pulses in bursts, more and faster with priority.

/** Notes of a burst [Hz] and when each begins [s]. */
const BURSTS = {
  3: { notes: [523, 659, 784, 784, 1047], gaps: [0, 0.16, 0.32, 0.62, 0.78], twice: 1.3, every: 10 },
  2: { notes: [523, 659, 784], gaps: [0, 0.24, 0.48], twice: 0, every: 20 },
  1: { notes: [659, 523], gaps: [0, 0.28], twice: 0, every: 0 },
};
const PULSE = 0.13;

let context = null;
let wanted = false;
let silenced = false;
let last = 0;

/** Whether sound is turned on. Browsers give it only after somebody asked for it. */
export const isOn = () => wanted;

/** Turns sound on or off. */
export function turn(on) {
  context ??= new AudioContext();
  wanted = on;
  settle();
}

/** Silences at once, or no more: a stop. */
export function silence(now) {
  if (silenced === now) return;
  silenced = now;
  if (context) settle();
}

function settle() {
  if (wanted && !silenced) context.resume();
  else context.suspend();
}

/** Sounds an alarm that was just raised. */
export function raise(priority) {
  if (!wanted || silenced) return;
  last = context.currentTime;
  const { notes, gaps, twice } = BURSTS[priority] ?? BURSTS[1];
  notes.forEach((note, at) => pulse(note, gaps[at]));
  if (twice) notes.forEach((note, at) => pulse(note, gaps[at] + twice));
}

/** Repeats the alarm of highest priority that stands. */
export function remind(priority) {
  const every = BURSTS[priority]?.every ?? 0;
  if (every && wanted && context.currentTime - last >= every) raise(priority);
}

function pulse(hertz, after) {
  const at = context.currentTime + 0.02 + after;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.22, at + 0.015);
  gain.gain.setValueAtTime(0.22, at + PULSE - 0.03);
  gain.gain.linearRampToValueAtTime(0, at + PULSE);
  gain.connect(context.destination);
  [1, 2, 3].forEach((harmonic) => {
    const tone = new OscillatorNode(context, { frequency: hertz * harmonic });
    const part = new GainNode(context, { gain: 0.6 / harmonic });
    tone.connect(part).connect(gain);
    tone.start(at);
    tone.stop(at + PULSE);
  });
}
