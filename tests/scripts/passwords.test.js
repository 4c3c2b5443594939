// What the page says of a new password while it is typed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { strength, worth } from "../../static/js/parts/passwords.js";

test("a short one is short whatever stands in it", () => {
  assert.deepEqual(["", "k3#vT9pQz!m", "a    b    c"].map(strength), [0, 0, 0]);
});

test("what only goes on is easily guessed", () => {
  const said = ["aaaaaaaaaaaa", "123456789012", "zyxwvutsrqpo", "１２３４５６７８９０１２"].map(strength);
  assert.deepEqual(said, [1, 1, 1, 1]);
});

test("length and variety are good, in any script", () => {
  assert.equal(strength("k3#vT9pQz!mw"), 2);
  assert.equal(strength("我家的猫喜欢晒太阳不喜欢雨"), 2);
  assert.equal(strength("correct horse battery staple"), 3);
});

test("a run counts as its first two", () => {
  assert.equal(worth("abcdef"), 2);
  assert.equal(worth("axbycz"), 6);
});
