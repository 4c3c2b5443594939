// Two short tones for a new incident, unless this desk is silent.
const FREQUENCY = 880;
let context = null;

export const isSilent = () => localStorage.getItem("huhang-sound") === "off";

function tone(delay) {
  const source = context.createOscillator();
  const gain = context.createGain();
  const at = context.currentTime + delay;
  source.frequency.value = FREQUENCY;
  gain.gain.setValueAtTime(0.15, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.18);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + 0.2);
}

export function beep() {
  if (isSilent()) return;
  try {
    context = context || new AudioContext();
    [0, 0.22].forEach(tone);
  } catch { /* a browser that waits for a first click */ }
}
