// A new stage of a trip is told to whoever does not look: two short tones, and words in the tab's title until somebody
// does, and to the page's other parts. A page whose caller must not be betrayed by a sound says so by `data-quiet`.
const TONES = [[0, 660], [0.18, 880]];
const LENGTH = 0.14; // seconds

let sound = null;
let stage;
const title = typeof document === "undefined" ? "" : document.title;

function seen() {
  if (!document.hidden) document.title = title;
}

// Browsers let a page make a sound after its first gesture only.
export function allowSound() {
  document.addEventListener("pointerdown", () => { sound ??= new AudioContext(); }, { once: true, capture: true });
  ["visibilitychange", "pointerdown", "focus"].forEach((name) => document.addEventListener(name, seen, true));
}

function play() {
  if (!sound || document.querySelector("[data-quiet]")) return;
  sound.resume().then(() => {
    TONES.forEach(([after, hertz]) => {
      const tone = new OscillatorNode(sound, { frequency: hertz });
      const level = new GainNode(sound, { gain: 0.15 });
      tone.connect(level).connect(sound.destination);
      tone.start(sound.currentTime + after);
      tone.stop(sound.currentTime + after + LENGTH);
    });
    document.documentElement.dataset.announced = stage;
  });
}

export function announce() {
  const now = document.querySelector("[data-stage]");
  if (!now || now.dataset.stage === stage) return;
  const first = stage === undefined;
  stage = now.dataset.stage;
  if (first) return;
  document.body.dispatchEvent(new Event("stage")); // parts that depend on it ask at once
  if (!now.dataset.says) return;
  document.title = "● " + now.dataset.says + " · " + title;
  play();
}
