// The button that asks to be told on this screen says what came of it, also where no push service ever answers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { offerScreen } from "../../static/js/parts/screen.js";

const WORDS = { on: "told", refused: "not allowed", failed: "did not work" };
const SUBSCRIPTION = { toJSON: () => ({ endpoint: "https://push.example/1", keys: { p256dh: "p", auth: "a" } }) };

// A page with the button, in a browser whose push service answers as `subscribe` does.
function page({ subscribe, permission = "granted", ok = true }) {
  const button = { disabled: false, hidden: false, addEventListener: (_name, run) => { button.click = run; } };
  const said = { textContent: "" };
  const box = {
    dataset: { screen: "AAAA", token: "t", ...WORDS },
    hidden: true,
    querySelector: (what) => (what === "button" ? button : said),
  };
  const worker = { pushManager: { getSubscription: async () => null, subscribe } };
  Object.defineProperty(globalThis, "navigator", {
    value: { serviceWorker: { ready: Promise.resolve(worker) } }, configurable: true,
  });
  globalThis.Notification = { permission: "default", requestPermission: async () => permission };
  globalThis.window = { PushManager: true, Notification: true };
  globalThis.document = { querySelector: () => box };
  globalThis.fetch = async () => ({ ok });
  offerScreen();
  return { box, button, said };
}

test("agreed, it says so and the button goes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { button, said } = page({ subscribe: async () => SUBSCRIPTION });
  await button.click();
  assert.deepEqual([said.textContent, button.hidden], [WORDS.on, true]);
});

test("who does not allow it is told that text messages come", async () => {
  const { button, said } = page({ subscribe: async () => SUBSCRIPTION, permission: "denied" });
  await button.click();
  assert.deepEqual([said.textContent, button.hidden], [WORDS.refused, true]);
});

test("a push service that never answers is waited for only so long, and may be tried again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { button, said } = page({ subscribe: () => new Promise(() => {}) });
  const done = button.click();
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  assert.equal(button.disabled, true);
  t.mock.timers.tick(60000);
  assert.equal(await Promise.race([done.then(() => "said"), new Promise(setImmediate)]), "said");
  assert.deepEqual([said.textContent, button.hidden, button.disabled], [WORDS.failed, false, false]);
});
