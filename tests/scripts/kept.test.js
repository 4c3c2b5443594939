// What she wrote or chose where no network was outlives its page, goes out from the next one, and is gone then.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  forgetTap, forgetWhenOver, keepSos, keepTap, keptSos, keptTap, keptWords,
} from "../../static/js/parts/kept.js";
import { forgetWords, keepWords, sendKeptWords } from "../../static/js/parts/kept_words.js";

const ACTION = "/trips/T-1/sos/word/";
const store = new Map();
const body = (said) => new URLSearchParams({ key: "k", ...said }).toString();

globalThis.localStorage = {
  getItem: (name) => store.get(name) ?? null,
  setItem: (name, value) => store.set(name, value),
  removeItem: (name) => store.delete(name),
};
globalThis.document = { documentElement: { dataset: {} }, querySelector: () => null };

function server(...answers) {
  const sent = [];
  globalThis.fetch = async (address, { body: said }) => {
    sent.push([address, said.toString()]);
    const status = answers.length ? answers.shift() : 200;
    if (!status) throw new TypeError("no network");
    return { status };
  };
  return sent;
}

beforeEach(() => store.clear());

test("what was written goes out from the next page, the oldest first, and nothing of it stays", async () => {
  const [first, second] = [body({ words: "他锁了车门", submission: "a" }), body({ phrase: "hide", submission: "b" })];
  keepWords(ACTION, first);
  keepWords(ACTION, second);
  const sent = server();
  await sendKeptWords();
  assert.deepEqual(sent, [[ACTION, first], [ACTION, second]]);
  assert.equal(store.size, 0);
});

test("the same under one submission is kept once", () => {
  const said = body({ words: "x", submission: "a" });
  keepWords(ACTION, said);
  keepWords(ACTION, said);
  assert.equal(keptWords().length, 1);
  forgetWords(ACTION, said);
  assert.deepEqual([keptWords(), store.size], [[], 0]);
});

test("without a network it is tried again until it has arrived", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  keepWords(ACTION, body({ words: "x", submission: "a" }));
  const sent = server(0, 503);
  const done = sendKeptWords();
  for (let turn = 0; turn < 40; turn += 1) {
    await Promise.resolve();
    t.mock.timers.tick(500);
  }
  await done;
  assert.equal(sent.length, 3);
  assert.equal(store.size, 0);
});

test("what the server refuses for good is not kept for ever", async () => {
  keepWords(ACTION, body({ words: "x", submission: "a" }));
  server(404);
  await sendKeptWords();
  assert.equal(store.size, 0);
});

test("of several choices whether the phone may ring the last one counts", async () => {
  keepWords(ACTION, body({ silent: "1" }));
  keepWords(ACTION, body({ words: "x", submission: "a" }));
  keepWords(ACTION, body({ silent: "0" }));
  const sent = server();
  await sendKeptWords();
  assert.deepEqual(sent.map(([, said]) => said), [body({ words: "x", submission: "a" }), body({ silent: "0" })]);
});

test("a choice that was made anew meanwhile is not overtaken by an old one", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  keepWords(ACTION, body({ silent: "1" }));
  const sent = server(0);
  const done = sendKeptWords();
  await Promise.resolve();
  keepWords(ACTION, body({ silent: "0" })); // this page sends it itself
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
    t.mock.timers.tick(500);
  }
  await done;
  assert.equal(sent.length, 1);
  assert.deepEqual(keptWords().map((each) => each.body), [body({ silent: "0" })]);
});

test("what was written on while it waited takes the place of what it was", () => {
  keepWords(ACTION, body({ words: "he", submission: "a" }));
  keepWords(ACTION, body({ words: "he locked the door", submission: "a" }));
  assert.deepEqual(keptWords().map((each) => each.body), [body({ words: "he locked the door", submission: "a" })]);
});

test("after half a day, or where it is not ours, nothing is sent", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 0 });
  keepWords(ACTION, body({ words: "x" }));
  t.mock.timers.tick(12 * 60 * 60 * 1000 + 1);
  assert.deepEqual(keptWords(), []);
  store.set("huhang-sos-words", "{not json");
  assert.deepEqual([keptWords(), store.size], [[], 0]);
});

// The page of a trip, with its form of SOS; or any page, with the button that signs out.
function page({ sos = true, path = "/" } = {}) {
  const form = { getAttribute: () => "/trips/T-1/sos/", elements: { key: { value: "k" } } };
  const link = { dataset: { packet: "T-1", secret: "s", party: "passenger", number: "1" }, href: "sms:1" };
  let leave;
  globalThis.window = { location: { pathname: path } };
  globalThis.document = {
    querySelector: (what) => {
      if (what.includes("sign-out")) return { addEventListener: (_name, run) => { leave = run; } };
      if (!sos) return null;
      return what.startsWith("form") ? form : link;
    },
  };
  return { signOut: () => leave() };
}

test("who signs out leaves neither key nor words, and a call for help that has not arrived still goes out", () => {
  const sent = [];
  navigator.sendBeacon = (address, said) => sent.push([address, said.toString()]);
  const { signOut } = page();
  const said = body({ words: "x", submission: "a" });
  keepSos();
  keepTap("/trips/T-1/sos/", "k");
  keepWords(ACTION, said);
  forgetWhenOver();
  signOut();
  assert.deepEqual([keptSos(), keptWords()], [null, []]);
  assert.deepEqual(sent, [["/trips/T-1/sos/", "key=k"], [ACTION, said]], "tried once more");
  assert.equal(keptTap().key, "k");
});

test("a trip that was ended meanwhile takes nothing with it that has not arrived", () => {
  page();
  keepSos();
  keepTap("/trips/T-1/sos/", "k");
  keepWords(ACTION, body({ words: "x", submission: "a" }));
  page({ sos: false, path: "/trips/T-1/" });
  forgetWhenOver();
  assert.equal(keptTap().key, "k");
  assert.equal(keptWords().length, 1);
  assert.equal(keptSos().key, "k", "whose page comes with the answer");
  forgetTap();
  forgetWhenOver();
  assert.equal(keptSos(), null);
});
