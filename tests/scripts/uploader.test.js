// Sound on its way: numbered without gaps, in order, kept while there is no network, never held up by one bad slice.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Uploader } from "../../static/js/sound/uploader.js";

const SILENCE = { silent: 0, clipped: 0 };
const taken = { status: 202 };
const broken = { status: 503 };
const refused = (code) => ({ status: 422, json: async () => ({ code }) });

let key;
let told;
let sent;

beforeEach(async () => {
  key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  told = [];
  sent = [];
  mock.restoreAll();
  // Waiting costs nothing here: what is waited for is the next answer.
  mock.method(globalThis, "setTimeout", (done) => { setImmediate(done); });
});

// The server gives these answers one after another, then takes everything. An error is a network that is not there.
function server(...answers) {
  mock.method(globalThis, "fetch", async (address, { headers, body }) => {
    const answer = answers.shift() ?? taken;
    if (answer instanceof Error) throw answer;
    sent.push({ address, headers, body, status: answer.status });
    return answer;
  });
}

const uploader = () => new Uploader({ key, code: "R-1", token: "secret" }, (what) => told.push(what));
const later = (done) => { setImmediate(() => setImmediate(() => done(new ArrayBuffer(8)))); };
const slice = (text) => new Blob([text]);
const arrived = () => sent.filter((each) => each.status === 202).map((each) => Number(each.headers["X-Chunk"]));

async function opened(body, number) {
  const whole = new Uint8Array(await body.arrayBuffer());
  const additionalData = new TextEncoder().encode("R-1:" + number);
  const how = { name: "AES-GCM", iv: whole.slice(0, 12), additionalData };
  return new TextDecoder().decode(await crypto.subtle.decrypt(how, key, whole.slice(12)));
}

test("slices arrive in the order in which they were recorded, each sealed to its number", async () => {
  server();
  const up = uploader();
  ["one", "two", "three"].forEach((text) => up.push(slice(text), SILENCE));
  await up.drain();
  assert.deepEqual(arrived(), [0, 1, 2]);
  assert.equal(up.last, 2);
  assert.equal(await opened(sent[1].body, 1), "two");
  await assert.rejects(opened(sent[1].body, 2));
});

test("a slice says who sends it and how much of it is silent or too loud", async () => {
  server();
  const up = uploader();
  up.push(slice("x"), { silent: 300, clipped: 100 });
  await up.drain();
  const { Authorization, "X-Silent-Ms": silent, "X-Clipped-Ms": clipped } = sent[0].headers;
  assert.deepEqual([sent[0].address, Authorization, silent, clipped], ["/live/audio/", "Bearer secret", "300", "100"]);
});

test("sealing that takes longer for the first does not let the second go first", async () => {
  server();
  const up = uploader();
  const slow = { arrayBuffer: () => new Promise(later) };
  up.push(slow, SILENCE);
  up.push(slice("quick"), SILENCE);
  await up.drain();
  assert.deepEqual(arrived(), [0, 1]);
});

test("without a network nothing is lost, and it goes on where it stopped", async () => {
  server(taken, new TypeError("no network"), new TypeError("no network"), broken, taken);
  const up = uploader();
  ["one", "two", "three"].forEach((text) => up.push(slice(text), SILENCE));
  await up.drain();
  while (up.busy) await new Promise(setImmediate);
  assert.deepEqual(arrived(), [0, 1, 2]);
  assert.deepEqual(told, ["on", "wait", "wait", "wait", "on", "on"]);
});

test("one slice that is refused again and again does not hold up those behind it", async () => {
  server(...Array.from({ length: 4 }, () => refused("chunk_invalid")));
  const up = uploader();
  ["bad", "good"].forEach((text) => up.push(slice(text), SILENCE));
  await up.drain();
  while (up.busy) await new Promise(setImmediate);
  assert.deepEqual(arrived(), [1]);
  assert.equal(sent.filter((each) => each.headers["X-Chunk"] === "0").length, 4);
});

test("a busy server is no refusal: the slice is kept however often it says so", async () => {
  server(...Array.from({ length: 9 }, () => broken));
  const up = uploader();
  up.push(slice("one"), SILENCE);
  await up.drain();
  while (up.busy) await new Promise(setImmediate);
  assert.deepEqual(arrived(), [0]);
});

for (const code of ["recording_over", "audio_token_invalid"]) {
  test(`nothing more is sent after ${code}`, async () => {
    server(refused(code));
    const up = uploader();
    ["one", "two"].forEach((text) => up.push(slice(text), SILENCE));
    await up.drain();
    assert.equal(sent.length, 1);
    assert.deepEqual(told, ["off"]);
    up.push(slice("three"), SILENCE);
    await up.drain();
    assert.equal(sent.length, 1);
  });
}

test("a recording that took nothing says so with its last number", () => {
  assert.equal(uploader().last, -1);
});
