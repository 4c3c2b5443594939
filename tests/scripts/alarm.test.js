// What rings, rings until it is taken, and louder by step.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Bell, SILENT, stepOf } from "../../static/js/console/alarm.js";

const LOUDER = 10;

function bell() {
  const log = { rings: [], told: [], shown: [] };
  const made = new Bell({
    ring: (step) => log.rings.push(step),
    show: (count, step) => log.shown.push([count, step]),
    notify: ({ key }) => log.told.push(key),
  });
  return { made, log };
}

function run(made, alarms, from, until) {
  for (let at = from; at < until; at += 0.25) made.tick(typeof alarms === "function" ? alarms(at) : alarms, at, LOUDER);
}

test("the step follows from the age", () => {
  assert.deepEqual([-3, 0, 9.9, 10, 19.9, 20, 3600].map((age) => stepOf(age, LOUDER)), [0, 0, 0, 1, 1, 2, 2]);
});

test("nothing rings where nothing is", () => {
  const { made, log } = bell();
  run(made, [], 0, 60);
  assert.deepEqual([log.rings, log.told, log.shown.at(-1)], [[], [], [0, SILENT]]);
});

test("it rings at once, again and again, and louder after ten and after twenty seconds", () => {
  const { made, log } = bell();
  run(made, [{ key: "a", since: 0 }], 0, 0.25);
  assert.deepEqual(log.rings, [0]);
  run(made, [{ key: "a", since: 0 }], 0.25, 60);
  assert.ok(log.rings.filter((step) => step === 0).length >= 3);
  assert.ok(log.rings.filter((step) => step === 1).length >= 4);
  assert.ok(log.rings.filter((step) => step === 2).length >= 20, "it never stops by itself");
  assert.deepEqual(log.rings, log.rings.toSorted(), "and never becomes quieter");
});

test("taken, it is quiet at once, and the tab's number goes", () => {
  const { made, log } = bell();
  run(made, [{ key: "a", since: 0 }], 0, 12);
  const before = log.rings.length;
  run(made, [], 12, 40);
  assert.equal(log.rings.length, before);
  assert.deepEqual(log.shown.at(-1), [0, SILENT]);
});

test("something new in a case that rings already is heard at once", () => {
  const { made, log } = bell();
  run(made, [{ key: "a", since: 0 }], 0, 1.25);
  assert.equal(log.rings.length, 1);
  made.tick([{ key: "a", since: 0 }, { key: "b", since: 1.25 }], 1.25, LOUDER);
  assert.equal(log.rings.length, 2);
});

test("who looks elsewhere is told once of each, when it should have been taken", () => {
  const { made, log } = bell();
  run(made, (at) => [{ key: "a", since: 0 }, ...(at > 15 ? [{ key: "b", since: 15 }] : [])], 0, 9.75);
  assert.deepEqual(log.told, []);
  run(made, (at) => [{ key: "a", since: 0 }, ...(at > 15 ? [{ key: "b", since: 15 }] : [])], 9.75, 60);
  assert.deepEqual(log.told, ["a", "b"]);
});

test("what came while the server was away rings once, and one note tells of all of it", () => {
  const { made, log } = bell();
  const notes = [];
  made.notify = ({ key }, more) => notes.push([key, more]);
  made.tick([], 0, LOUDER);
  const missed = Array.from({ length: 8 }, (_each, at) => ({ key: `a${at}`, since: at * 7 }));
  made.tick(missed, 60, LOUDER);
  made.tick(missed, 60.25, LOUDER);
  assert.deepEqual([log.rings, notes], [[2], [["a0", 7]]]);
});

test("a page that was opened late rings as loudly as one that was open", () => {
  const { made, log } = bell();
  made.tick([{ key: "a", since: 0 }], 45, LOUDER);
  assert.deepEqual([log.rings, log.shown], [[2], [[1, 2]]]);
});
