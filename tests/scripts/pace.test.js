// Whoever turns their head slowly has more time at the next try, and never so much that the challenge is over before.
import assert from "node:assert/strict";
import { test } from "node:test";

import { SETTLE_MS, moments, poseMs } from "../../static/js/parts/pace.js";

const POSES = 8;
const CHALLENGE_MS = 90_000; // drivers.face_challenge_life

test("each further try gives more time", () => {
  assert.deepEqual([0, 1, 2, 3].map(poseMs), [1700, 2700, 3700, 4700]);
});

test("after however many tries all poses fit into a challenge, with time to send them", () => {
  for (const tries of [3, 12, 1000]) {
    assert.ok(POSES * (poseMs(tries) + SETTLE_MS) < CHALLENGE_MS / 2);
  }
});

test("a head that turns is photographed on its way, one that holds still twice", () => {
  assert.deepEqual(moments("left", 1000).map(({ at }) => at), [250, 450, 650, 1000]);
  assert.deepEqual(moments("closer", 1000), [{ at: 1000, share: 1 }, { at: 1000 + SETTLE_MS, share: 1 }]);
});
