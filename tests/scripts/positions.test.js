// Positions on their way: what reached the server is not sent again, what did not is.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Positions } from "../../static/js/parts/positions.js";

let bodies;
let now; // seconds of the steady clock; the phone's own clock shows `shown` more
let shown;

beforeEach(() => {
  bodies = [];
  mock.restoreAll();
  now = 1000;
  shown = 1.7e9;
  mock.method(performance, "now", () => now * 1000);
  mock.method(Date, "now", () => (shown + now) * 1000);
});

function server(...answers) {
  mock.method(globalThis, "fetch", async (_address, { body }) => {
    bodies.push(JSON.parse(body));
    const answer = await (answers.shift() ?? { ok: true, status: 202 });
    if (answer instanceof Error) throw answer;
    return answer;
  });
}

const here = (longitude = 121, more = {}) => ({ latitude: 28, longitude, accuracy: 8, speed: null, ...more });
const places = (body) => body.pings.map((each) => each.lon);

function measured(count) {
  const positions = new Positions();
  for (let each = 1; each <= count; each += 1) positions.add(here(each / 100));
  return positions;
}

test("what arrived is sent once", async () => {
  server();
  const positions = measured(3);
  await positions.post("key", false);
  assert.deepEqual(places(bodies[0]), [0.01, 0.02, 0.03]);
  assert.deepEqual([bodies[0].crs, bodies[0].away], ["WGS84", false]);
  assert.deepEqual(positions.queue, []);
});

for (const answer of [new TypeError("no network"), { ok: false, status: 503 }, { ok: false, status: 429 }]) {
  test(`what was lost with ${answer.status ?? "the network"} is sent again`, async () => {
    server(answer);
    const positions = measured(2);
    await positions.post("key", false);
    await positions.post("key", true);
    assert.deepEqual(places(bodies[1]), [0.01, 0.02]);
    assert.deepEqual(positions.queue, []);
  });
}

test("what the server cannot read is not sent again and again", async () => {
  server({ ok: false, status: 400 });
  const positions = measured(2);
  await positions.post("key", false);
  assert.deepEqual(positions.queue, []);
});

test("positions beyond one batch stay for the next", async () => {
  server();
  const positions = measured(301);
  await positions.post("key", false);
  assert.deepEqual(positions.queue.map((each) => each.longitude), [3.01]);
});

test("hours without network cost nothing", async () => {
  const positions = measured(7200);
  const sent = [];
  mock.method(globalThis, "fetch", async (_address, { body }) => {
    sent.push(...places(JSON.parse(body)));
    return { ok: true, status: 202 };
  });
  while (positions.queue.length) await positions.post("key", false);
  assert.equal(new Set(sent).size, 7200);
});

test("a position that comes while a batch is under way is not dropped with it", async () => {
  let answer;
  server(new Promise((done) => { answer = done; }));
  const positions = measured(1);
  const under = positions.post("key", false);
  positions.add(here(0.02));
  await positions.post("key", true);
  positions.add(here(0.03));
  answer({ ok: true, status: 202 });
  await under;
  assert.deepEqual(bodies.map(places), [[0.01], [0.02]]);
  assert.deepEqual(positions.queue.map((each) => each.longitude), [0.03]);
});

test("with a slow network every position is in exactly one post that arrived", async () => {
  const held = [];
  const arrived = [];
  mock.method(globalThis, "fetch", (_address, { body }) => new Promise((done, fail) => {
    held.push({ at: now, body: JSON.parse(body), done, fail });
  }));
  const positions = new Positions();
  const posts = [];
  for (let second = 0; second < 120; second += 1) {
    now += 1;
    if (second % 2 === 0) positions.add(here(second));
    if (second % 5 === 0 && positions.waiting.length) posts.push(positions.post("key", false));
    for (const each of held.filter((post) => now - post.at >= 12)) {
      held.splice(held.indexOf(each), 1);
      if (held.length % 3 === 2) each.fail(new TypeError("lost on the way"));
      else {
        arrived.push(...places(each.body));
        each.done({ ok: true, status: 202 });
      }
    }
    await new Promise(setImmediate);
  }
  held.forEach((each) => { arrived.push(...places(each.body)); each.done({ ok: true, status: 202 }); });
  await Promise.all(posts);
  server();
  while (positions.queue.length) await positions.post("key", true);
  bodies.forEach((body) => arrived.push(...places(body)));
  assert.deepEqual(arrived.toSorted((a, b) => a - b), Array.from({ length: 60 }, (_each, number) => 2 * number));
});

for (const jump of [600, -600, 3600 * 24 * 400]) {
  test(`a clock that is set by ${jump} s within a trip moves no position`, async () => {
    server();
    const positions = new Positions();
    positions.add(here(0.01));
    now += 10;
    shown += jump;
    positions.add(here(0.02));
    now += 2;
    await positions.post("key", false);
    const [body] = bodies;
    assert.equal(body.now, shown + now);
    assert.deepEqual(body.pings.map((each) => Math.round(body.now - each.at)), [12, 2]);
  });
}

test("accuracy and speed go with each position, and what the phone does not know does not", async () => {
  server();
  const positions = new Positions();
  positions.add(here(1, { accuracy: 5000.26, speed: 0 }));
  positions.add(here(2, { accuracy: null, speed: null }));
  positions.add(here(3, { accuracy: 12, speed: 8.449 }));
  await positions.post("key", false);
  assert.deepEqual(
    bodies[0].pings.map(({ accuracy, speed }) => [accuracy, speed]),
    [[5000.3, 0], [undefined, undefined], [12, 8.4]],
  );
});
