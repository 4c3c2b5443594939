// What may be asked twice is asked once more where its answer was lost, and never where the server has answered.
import assert from "node:assert/strict";
import { test } from "node:test";

import { onceMore } from "../../static/js/parts/once_more.js";

const refused = Object.assign(new Error("wrong"), { code: "invalid_input" });
const lost = () => new TypeError("Failed to fetch");
const late = () => new DOMException("signal timed out", "TimeoutError");

// Asks, which end so one after another; true is an answer.
function network(...ends) {
  const asked = [];
  const ask = async (signal) => {
    asked.push(signal);
    const end = ends.shift();
    if (end !== true) throw end;
    return "left";
  };
  return { ask, asked };
}

test("an answer is an answer", async () => {
  const { ask, asked } = network(true);
  assert.equal(await onceMore(ask), "left");
  assert.equal(asked.length, 1);
});

for (const [name, gone] of [["network that is not there", lost], ["server that does not answer in time", late]]) {
  test(`after a ${name} it is asked once more, and for no third time`, async () => {
    const once = network(gone(), true);
    assert.equal(await onceMore(once.ask), "left");
    assert.notEqual(once.asked[0], once.asked[1]); // each has its own time
    const twice = network(gone(), gone(), true);
    await assert.rejects(onceMore(twice.ask), { name: gone().name });
    assert.equal(twice.asked.length, 2);
  });
}

test("what the server refused is not asked again", async () => {
  const { ask, asked } = network(refused, true);
  await assert.rejects(onceMore(ask), { code: "invalid_input" });
  assert.equal(asked.length, 1);
});

test("each time has an end", async () => {
  const { ask, asked } = network(true);
  await onceMore(ask);
  assert.ok(asked[0] instanceof AbortSignal);
});
