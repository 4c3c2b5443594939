// The recording of a video call: only while it is agreed to, parts in their order, nothing after its end.
import assert from "node:assert/strict";
import { test } from "node:test";

import { CallRecorder } from "../../static/js/parts/recording.js";

const recorders = [];

globalThis.window = globalThis;
globalThis.MediaRecorder = class {
  static isTypeSupported(kind) { return kind === "video/webm"; }

  constructor(stream, options) {
    Object.assign(this, { stream, options, state: "inactive" });
    recorders.push(this);
  }

  start() { this.state = "recording"; }

  stop() {
    this.state = "inactive";
    this.ondataavailable({ data: new Blob(["last"]) });
    this.onstop();
  }
};

function posts(status = 204) {
  const sent = [];
  globalThis.fetch = async (_address, { body }) => {
    sent.push([body.get("take"), body.get("number"), await body.get("part").text()]);
    return { status };
  };
  return sent;
}

const begun = () => {
  recorders.length = 0;
  const told = [];
  return { told, recorder: new CallRecorder("/recording/", "token", (on) => told.push(on)) };
};
const stream = () => ({ active: true });

test("nothing is recorded before it is agreed to, and no more once it is not", async () => {
  const sent = posts();
  const { told, recorder } = begun();
  const theirs = stream();
  recorder.wants(false, theirs);
  assert.equal(recorders.length, 0);
  recorder.wants(true, theirs);
  recorder.wants(true, theirs);
  assert.equal(recorders.length, 1);
  assert.equal(recorders[0].options.mimeType, "video/webm");
  recorder.wants(false, theirs);
  assert.equal(recorders[0].state, "inactive");
  assert.deepEqual(told, [true, false]);
  await recorder.finish();
  assert.equal(sent.length, 1);
});

test("parts leave in their order, the last one before its end is over", async () => {
  const sent = posts();
  const { recorder } = begun();
  recorder.wants(true, stream());
  recorders[0].ondataavailable({ data: new Blob(["first"]) });
  recorders[0].ondataavailable({ data: new Blob([]) });
  recorders[0].ondataavailable({ data: new Blob(["second"]) });
  await recorder.finish();
  assert.deepEqual(sent.map(([, number, words]) => [number, words]), [["0", "first"], ["1", "second"], ["2", "last"]]);
  assert.equal(new Set(sent.map(([take]) => take)).size, 1);
  recorder.wants(true, stream());
  assert.equal(recorders.length, 1); // it is over
});

test("another stream is another recording that begins at nought", async () => {
  const sent = posts();
  const { recorder } = begun();
  recorder.wants(true, stream());
  recorder.wants(true, stream());
  assert.equal(recorders.length, 2);
  await recorder.finish();
  assert.deepEqual(sent.map(([, number]) => number), ["0", "0"]);
  assert.notEqual(sent[0][0], sent[1][0]);
});

test("what the server does not want holds nothing up", async () => {
  const sent = posts(409);
  const { recorder } = begun();
  recorder.wants(true, stream());
  recorders[0].ondataavailable({ data: new Blob(["first"]) });
  await recorder.finish();
  assert.equal(sent.length, 2);
});
