// Whose the words and the call are that a phone kept, when another account or nobody is signed in.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { forgetWhenOver, keepSos, keepTap, keptSos, keptWords } from "../../static/js/parts/kept.js";
import { keepWords } from "../../static/js/parts/kept_words.js";
import { forgetOthers } from "../../static/js/parts/reader.js";

const ACTION = "/trips/T-1/sos/word/";
const store = new Map();
const body = (said) => new URLSearchParams({ key: "k", ...said }).toString();

globalThis.localStorage = {
  getItem: (name) => store.get(name) ?? null,
  setItem: (name, value) => store.set(name, value),
  removeItem: (name) => store.delete(name),
};

// A page of whoever reads it.
function opened(reader) {
  globalThis.document = { documentElement: { dataset: { reader } }, querySelector: () => null };
  globalThis.window = { location: { pathname: "/" } };
  forgetOthers(reader);
}

beforeEach(() => store.clear());

test("what one account kept is tried once more and gone before another, and stays before herself and nobody", () => {
  const sent = [];
  Object.defineProperty(globalThis, "navigator", {
    value: { sendBeacon: (address, said) => sent.push([address, said.toString()]) }, configurable: true,
  });
  globalThis.document = {
    documentElement: { dataset: { reader: "her" } },
    querySelector: (what) => (what.startsWith("form")
      ? { getAttribute: () => "/trips/T-1/sos/", elements: { key: { value: "k" } } }
      : { dataset: {}, href: "sms:1" }),
  };
  keepSos();
  keepWords(ACTION, body({ words: "x", submission: "a" }));
  opened("");
  opened("her");
  assert.ok(keptSos());
  assert.deepEqual([keptWords().length, sent], [1, []]);
  opened("him");
  assert.deepEqual([keptSos(), keptWords()], [null, []]);
  assert.deepEqual(sent, [[ACTION, body({ words: "x", submission: "a" })]]);
});

test("a tap that has not arrived is tried once more as she signs out: the browser may forget it with the rest", () => {
  const sent = [];
  Object.defineProperty(globalThis, "navigator", {
    value: { sendBeacon: (address, said) => sent.push([address, said.toString()]) }, configurable: true,
  });
  let submit = null;
  globalThis.document = {
    querySelector: (what) => (
      what.includes("sign-out") ? { addEventListener: (_name, run) => { submit = run; } } : null
    ),
  };
  keepTap("/trips/T-1/sos/", "k");
  forgetWhenOver();
  submit();
  assert.deepEqual(sent, [["/trips/T-1/sos/", "key=k"]]);
});
