// A desk without our data: it is heard once that lasts, and when it is back; who only looked comes back by itself.
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = {
  documentElement: { lang: "zh-hans" }, querySelector: () => null, title: "x", addEventListener: () => {},
};
globalThis.sessionStorage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
const settings = new Map();
globalThis.localStorage = { getItem: (name) => settings.get(name) ?? null, setItem: () => {} };
let tones = 0;
let clock = 0;
const param = { setValueAtTime: () => {}, exponentialRampToValueAtTime: () => {} };
globalThis.AudioContext = class {
  state = "running";
  get currentTime() { return (clock += 10); } // eslint-disable-line no-return-assign
  createOscillator() {
    tones += 1;
    return { frequency: {}, connect: (next) => next, start: () => {}, stop: () => {} };
  }
  createGain() { return { gain: param, connect: () => {} }; }
};
const { watchAway } = await import("../../static/js/away.js");

function desk({ looked = true, answers }) {
  const parts = {};
  let gone = 0;
  globalThis.window = { location: { href: "/admin/", replace: () => { gone += 1; } } };
  globalThis.fetch = async () => {
    const status = answers.length > 1 ? answers.shift() : answers[0];
    if (status === null) throw new TypeError("no network");
    return { status };
  };
  tones = 0;
  const box = { dataset: looked ? { looked: "" } : {}, querySelector: (what) => (parts[what] ??= { hidden: true }) };
  return { box, parts, gone: () => gone };
}

async function pass(t, ms) {
  for (let at = 0; at < ms; at += 500) {
    t.mock.timers.tick(500);
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  }
}

for (const [looked, comes] of [[true, 1], [false, 0]]) {
  test(`it sounds once it lasts and once it is back, looked: ${looked}`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const { box, parts, gone } = desk({ looked, answers: [503, null, 503] });
    const done = watchAway(box, Date.now());
    await pass(t, 12000);
    assert.equal(tones, 0, "a restart is no outage");
    await pass(t, 8000);
    assert.equal(tones, 3);
    assert.equal(gone(), 0);
    globalThis.fetch = async () => ({ status: 0 }); // it leads to the sign-in
    tones = 0;
    await pass(t, 6000);
    await done;
    assert.equal(parts["[data-away-back]"].hidden, false);
    assert.equal(gone(), comes);
  });
}

test("any answer but that our data cannot be reached is one, also a fault of that page alone", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.UTC(2018, 7, 24, 19, 4, 47) });
  const { box, parts, gone } = desk({ answers: [502, 504, 503, 500] });
  const done = watchAway(box, Date.now());
  // In the page's form, whatever the browser speaks.
  assert.match(parts["[data-away-since]"].textContent, /^\d\d:04:47$/);
  await pass(t, 10000);
  await done;
  assert.equal(gone(), 1);
});

test("a desk that is silent stays silent", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  settings.set("huhang-sound", "off");
  const { box } = desk({ answers: [503] });
  watchAway(box, Date.now());
  await pass(t, 60000);
  assert.equal(tones, 0);
});
