// A phone that lies still: for how long its last place is said anew.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Positions } from "../../static/js/parts/positions.js";

let now; // seconds of the steady clock; the phone's own clock shows `shown` more
let shown;

beforeEach(() => {
  mock.restoreAll();
  now = 1000;
  shown = 1.7e9;
  mock.method(performance, "now", () => now * 1000);
  mock.method(Date, "now", () => (shown + now) * 1000);
});

const here = (longitude = 121) => ({ latitude: 28, longitude, accuracy: 8, speed: null });

test("a car that stands still says after twenty seconds that the phone is here", () => {
  const positions = new Positions();
  positions.measured(here());
  positions.queue = [];
  positions.stillHere(1020);
  assert.deepEqual(positions.queue, []);
  positions.stillHere(1021);
  assert.deepEqual(positions.queue, [{ ...here(), at: 1021 }]);
});

// What goes out from `from` to `to`, where each repeat reaches the server at once.
function repeated(positions, from, to) {
  const found = [];
  for (let at = from; at <= to; at += 5) {
    positions.stillHere(at);
    found.push(...positions.queue.map((each) => each.at));
    positions.queue = [];
  }
  return found;
}

test("a place that the phone has lost is not said again", () => {
  const positions = new Positions();
  positions.measured(here());
  positions.queue = [];
  assert.deepEqual(repeated(positions, 1005, 1050), [1025, 1050]);
  positions.lost();
  assert.deepEqual(repeated(positions, 1055, 1500), []);
  positions.measured(here(0.02), 1500);
  positions.queue = [];
  assert.deepEqual(repeated(positions, 1505, 1530), [1525]);
});

test("a phone that slept for three minutes is not said to be where it was before", () => {
  const positions = new Positions();
  positions.measured(here());
  positions.queue = [];
  shown += 300; // the steady clock stood still meanwhile
  assert.deepEqual(repeated(positions, 1005, 1100), []);
  positions.measured(here(0.02));
  positions.queue = [];
  assert.deepEqual(repeated(positions, 1005, 1030), [1025]);
});

test("a phone that says nothing for three minutes is not said to be anywhere", () => {
  const positions = new Positions();
  positions.measured(here());
  positions.queue = [];
  const said = repeated(positions, 1005, 3000);
  assert.ok(said.length > 5);
  assert.ok(said.at(-1) <= 1180);
});
