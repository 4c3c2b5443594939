// Tones for what is new and what rings, louder and more by step, unless this desk is silent.
const TONES = [
  { count: 2, frequency: 880, volume: 0.15 },
  { count: 3, frequency: 988, volume: 0.4 },
  { count: 5, frequency: 1175, volume: 0.9 },
];
let context = null;
let sounding = { until: 0, step: -1 };

export const isSilent = () => localStorage.getItem("huhang-sound") === "off";

// Browsers give no sound to a page on which nobody clicked yet.
export const isBlocked = () => !isSilent() && context !== null && context.state !== "running";

export function unblock() {
  if (context && context.state !== "running") context.resume().catch(() => {});
}

const GAP_S = 0.22; // from one tone to the next
const TONE_S = 0.2;

function tone({ frequency, volume }, delay) {
  const source = context.createOscillator();
  const gain = context.createGain();
  const at = context.currentTime + delay;
  source.frequency.value = frequency;
  gain.gain.setValueAtTime(volume, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + TONE_S - 0.02);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + TONE_S);
}

// Many at once, as after a time without the server, are one sound: only what is louder is added to it.
export function ring(step) {
  if (isSilent()) return;
  try {
    context = context || new AudioContext();
    if (context.state !== "running") {
      unblock();
      return; // what could not be heard is not heard later, all at once
    }
    if (context.currentTime < sounding.until && step <= sounding.step) return;
    const sound = TONES[step];
    sounding = { until: context.currentTime + (sound.count - 1) * GAP_S + TONE_S, step };
    Array.from({ length: sound.count }, (_each, at) => tone(sound, at * GAP_S));
  } catch { /* a browser without sound */ }
}

export const beep = () => ring(0);
