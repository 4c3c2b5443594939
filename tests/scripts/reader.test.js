// Pages of one browser know whose they are, and what is on its screen is closed before somebody else.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const channels = new Set();

class Channel {
  constructor(name) {
    this.name = name;
    channels.add(this);
  }

  postMessage(data) {
    [...channels].filter((each) => each !== this).forEach((each) => each.onmessage?.({ data }));
  }
}

let submit = null;
let shown = [];
globalThis.window = { BroadcastChannel: Channel };
globalThis.localStorage = { getItem: () => null, removeItem: () => {} };
globalThis.BroadcastChannel = Channel;
globalThis.document = {
  documentElement: { dataset: {} },
  querySelectorAll: () => [{ addEventListener: (_name, run) => { submit = run; } }],
};
Object.defineProperty(globalThis, "navigator", {
  value: { serviceWorker: { getRegistration: async () => ({ getNotifications: async () => shown }) } },
  configurable: true,
});

const { knowReader, tellReader } = await import("../../static/js/parts/reader.js");
const turn = () => new Promise(setImmediate);

function note(reader) {
  const each = { data: { reader }, closed: false, close: () => { each.closed = true; } };
  return each;
}

beforeEach(() => {
  channels.clear();
  shown = [];
});

test("a session that only ended takes nothing that is being written", () => {
  let gone = 0;
  tellReader("her", () => { gone += 1; });
  tellReader("", () => {});
  assert.equal(gone, 0);
});

test("her own sign-out, and another account, take her other pages", () => {
  let gone = 0;
  tellReader("her", () => { gone += 1; });
  tellReader("her", () => {});
  submit();
  assert.equal(gone, 0, "she is signed in until the answer comes");
  tellReader("", () => {});
  assert.equal(gone, 1);
  tellReader("him", () => {});
  assert.equal(gone, 2);
});

test("her own pages beside each other, and pages of nobody, stay", () => {
  tellReader("", assert.fail);
  tellReader("her", assert.fail);
  tellReader("her", assert.fail);
});

test("what her screen shows is closed by a page of anybody else, and hers stays before her", async () => {
  shown = [note("her"), note("him"), note(undefined)];
  document.documentElement.dataset.reader = "her";
  knowReader();
  await turn();
  assert.deepEqual(shown.map(({ closed }) => closed), [false, true, true]);
  document.documentElement.dataset.reader = "";
  knowReader();
  await turn();
  assert.ok(shown.every(({ closed }) => closed));
});

test("what her screen shows is closed as she signs out", async () => {
  shown = [note("her")];
  tellReader("her", () => {});
  submit();
  await turn();
  assert.ok(shown[0].closed);
});

test("a page that nobody was asked for, such as one without our data, says nothing", () => {
  delete document.documentElement.dataset.reader;
  knowReader();
  assert.equal(channels.size, 0);
});
