// What rings at once is one sound, however many ask for it.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { beep, ring } from "../../static/js/console/beep.js";

const tones = []; // [when it begins, how loud]
let now = 0;

const setValueAtTime = (volume, at) => tones.push([Math.round(at * 100) / 100, volume]);

globalThis.localStorage = { getItem: () => null };
globalThis.AudioContext = class {
  state = "running";

  get currentTime() { return now; }

  createGain() {
    return { gain: { setValueAtTime, exponentialRampToValueAtTime() {} }, connect() {} };
  }

  createOscillator() {
    return { frequency: {}, connect: (next) => next, start() {}, stop() {} };
  }
};

beforeEach(() => {
  now += 100;
  tones.length = 0;
});

test("ten that come at once, after a time without the server, are heard as one", () => {
  const begun = now;
  for (let each = 0; each < 10; each += 1) {
    now = begun + each * 0.05;
    ring(1);
    beep();
  }
  assert.equal(tones.length, 3);
});

test("it rings again once the sound is over", () => {
  ring(0);
  now += 0.5;
  ring(0);
  assert.equal(tones.length, 4);
});

test("what is louder is heard at once", () => {
  ring(0);
  now += 0.1;
  ring(2);
  assert.deepEqual(tones.map(([, volume]) => volume), [0.15, 0.15, 0.9, 0.9, 0.9, 0.9, 0.9]);
});
