import assert from "node:assert/strict";
import { test } from "node:test";

import { alongWay, bearing } from "../../static/js/parts/marks.js";
import { gcj02 } from "../../static/js/parts/tiles.js";

test("a bearing is a compass's", () => {
  assert.equal(Math.round(bearing([28, 120], [29, 120])), 0);
  assert.equal(Math.round(bearing([28, 120], [28, 121])), 90);
  assert.equal(Math.round(bearing([28, 120], [27, 120])), 180);
  assert.equal(Math.round(bearing([28, 120], [28, 119])), 270);
});

test("a car that nobody has seen move points along its way", () => {
  const way = [[28, 120], [28, 120.1], [28.1, 120.1]];
  assert.equal(Math.round(alongWay([28.001, 120.001], way)), 90);
  assert.equal(Math.round(alongWay([28.0, 120.1], way)), 0);
  assert.equal(Math.round(alongWay([28.1, 120.1], way)), 0);
  assert.equal(alongWay([28, 120], [[28, 120]]), null);
});

// As `rides/coordinates.py` has them.
test("tiles are laid by the shift of Chinese maps, inside China alone", () => {
  const [latitude, longitude] = gcj02(39.915, 116.404);
  assert.ok(Math.abs(latitude - 39.91640428150164) < 1e-9);
  assert.ok(Math.abs(longitude - 116.41024449916938) < 1e-9);
  assert.deepEqual(gcj02(48.85, 2.35), [48.85, 2.35]);
});
