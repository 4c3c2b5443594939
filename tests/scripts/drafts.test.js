// What was begun stays until it was done, and is nowhere afterwards: nobody sends the same twice without typing it
// again.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keepDrafts, restoreDrafts } from "../../static/js/console/drafts.js";

const PAGE = "/admin/incidents/I-1/";
const ACTION = "/admin/incidents/I-1/do/write/?query=1";
const ORIGIN = "https://huhang.example";

// A page of the console: what rings stands on each, and has the role of an alert.
function open({ at = PAGE, from = "", type = "navigate", redirects = 0, status = 200, field = "" } = {}) {
  const listens = {};
  const form = { dataset: { action: "write" }, getAttribute: () => ACTION, closest: () => null };
  const area = { tagName: "TEXTAREA", value: field, closest: () => form };
  form.querySelector = () => area;
  const refused = status >= 400 ? {} : null;
  globalThis.window = { location: { href: ORIGIN + at, pathname: at } };
  globalThis.performance.getEntriesByType = () => [{ type, redirectCount: redirects, responseStatus: status }];
  globalThis.document = {
    referrer: from && ORIGIN + from,
    addEventListener: (name, run) => { listens[name] = run; },
    querySelector: (what) => {
      if (what === "[data-bar]") return { dataset: { reader: "r" } };
      return what.startsWith("#content ") ? refused : { role: "alert" };
    },
    querySelectorAll: () => [form],
  };
  restoreDrafts();
  keepDrafts();
  const write = (words) => {
    area.value = words;
    listens.input({ target: area });
  };
  return { area, type: write, send: () => listens.submit({ target: form }) };
}

function writeAndSend() {
  const page = open();
  page.type("我在听");
  page.send();
}

const hidden = (value) => ({ value, enumerable: false });

beforeEach(() => { globalThis.sessionStorage = {}; });

// An object whose own keys are what is kept, as that of a browser.
beforeEach(() => {
  Object.defineProperties(globalThis.sessionStorage, {
    getItem: hidden((key) => globalThis.sessionStorage[key] ?? null),
    setItem: hidden((key, value) => { globalThis.sessionStorage[key] = String(value); }),
    removeItem: hidden((key) => { delete globalThis.sessionStorage[key]; }),
  });
});

test("what was sent stands in no field, and is kept nowhere", () => {
  writeAndSend();
  assert.equal(open({ from: PAGE, redirects: 1 }).area.value, "");
  assert.deepEqual(Object.keys(sessionStorage), []);
});

test("what led to another page is not there any more when one comes back", () => {
  writeAndSend();
  open({ at: "/admin/complaints/", from: PAGE, redirects: 1 });
  assert.equal(open({ from: "/admin/complaints/" }).area.value, "");
});

test("what was refused stands where it was typed, and goes once it was done", () => {
  writeAndSend();
  const page = open({ at: "/admin/incidents/I-1/do/write/", from: PAGE, status: 409 });
  assert.equal(page.area.value, "我在听");
  page.send();
  assert.equal(open({ from: "/admin/incidents/I-1/do/write/", redirects: 1 }).area.value, "");
});

test("an answer at the address that acts is no refusal", () => {
  writeAndSend();
  open({ at: "/admin/incidents/I-1/do/write/", from: PAGE });
  assert.deepEqual(Object.keys(sessionStorage), []);
});

for (const [what, came] of [
  ["without a network, back by the button", { type: "back_forward", from: PAGE, redirects: 1 }],
  ["without a network, by the address", {}],
  ["by way of a sign-in", { from: "/sign-in/second-factor/", redirects: 2 }],
]) {
  test("what was not done stays: " + what, () => {
    writeAndSend();
    assert.equal(open(came).area.value, "我在听");
  });
}

test("what was only begun stays when the page is loaded again", () => {
  open().type("我在");
  assert.equal(open({ type: "reload", from: PAGE, redirects: 1 }).area.value, "我在");
});
