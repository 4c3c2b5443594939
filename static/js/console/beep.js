// Tones for what is new and what rings, louder and more by step, unless this desk is silent.
const TONES = [
  { count: 2, frequency: 880, volume: 0.15 },
  { count: 3, frequency: 988, volume: 0.4 },
  { count: 5, frequency: 1175, volume: 0.9 },
];
let context = null;

export const isSilent = () => localStorage.getItem("huhang-sound") === "off";

// Browsers give no sound to a page on which nobody clicked yet.
export const isBlocked = () => !isSilent() && context !== null && context.state !== "running";

export function unblock() {
  if (context && context.state !== "running") context.resume().catch(() => {});
}

function tone({ frequency, volume }, delay) {
  const source = context.createOscillator();
  const gain = context.createGain();
  const at = context.currentTime + delay;
  source.frequency.value = frequency;
  gain.gain.setValueAtTime(volume, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.18);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + 0.2);
}

export function ring(step) {
  if (isSilent()) return;
  try {
    context = context || new AudioContext();
    if (context.state !== "running") {
      unblock();
      return; // what could not be heard is not heard later, all at once
    }
    const sound = TONES[step];
    Array.from({ length: sound.count }, (_each, at) => tone(sound, at * 0.22));
  } catch { /* a browser without sound */ }
}

export const beep = () => ring(0);
