// Positions on their way: what reached the server is not sent again, what did not is.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Positions } from "../../static/js/parts/positions.js";

let bodies;

beforeEach(() => {
  bodies = [];
  mock.restoreAll();
});

function server(...answers) {
  mock.method(globalThis, "fetch", async (_address, { body }) => {
    bodies.push(JSON.parse(body));
    const answer = await (answers.shift() ?? { ok: true, status: 202 });
    if (answer instanceof Error) throw answer;
    return answer;
  });
}

function measured(count) {
  const positions = new Positions();
  for (let at = 1; at <= count; at += 1) positions.add(at, 28, 121);
  return positions;
}

test("what arrived is sent once", async () => {
  server();
  const positions = measured(3);
  await positions.post("key", false);
  assert.deepEqual(bodies[0].pings.map((each) => each.at), [1, 2, 3]);
  assert.deepEqual([bodies[0].crs, bodies[0].away], ["WGS84", false]);
  assert.deepEqual(positions.queue, []);
});

for (const answer of [new TypeError("no network"), { ok: false, status: 503 }, { ok: false, status: 429 }]) {
  test(`what was lost with ${answer.status ?? "the network"} is sent again`, async () => {
    server(answer);
    const positions = measured(2);
    await positions.post("key", false);
    await positions.post("key", true);
    assert.deepEqual(bodies[1].pings.map((each) => each.at), [1, 2]);
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
  const positions = measured(501);
  await positions.post("key", false);
  assert.deepEqual(positions.queue.map((each) => each.at), [501]);
});

test("a position that comes while a batch is under way is not dropped with it", async () => {
  let answer;
  server(new Promise((done) => { answer = done; }));
  const positions = measured(1);
  const under = positions.post("key", false);
  positions.add(2, 28, 121);
  await positions.post("key", true);
  positions.add(3, 28, 121);
  answer({ ok: true, status: 202 });
  await under;
  assert.deepEqual(bodies.map((body) => body.pings.map((each) => each.at)), [[1], [1, 2]]);
  assert.deepEqual(positions.queue.map((each) => each.at), [3]);
});

test("a car that stands still says after twenty seconds that the phone is here", () => {
  const positions = measured(1);
  positions.queue = [];
  positions.stillHere(21);
  assert.deepEqual(positions.queue, []);
  positions.stillHere(22);
  assert.deepEqual(positions.queue, [{ at: 22, lat: 28, lon: 121 }]);
});
