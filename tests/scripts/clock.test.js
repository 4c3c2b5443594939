// Spans as `core.formats.span` writes them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { remains, span } from "../../static/js/console/ages.js";
import { minutes } from "../../static/js/parts/clock.js";

const WORDS = { hours: "{hours} h {minutes} min", days: "{days} d {hours} h" };

test("minutes and seconds", () => {
  assert.deepEqual([0, 7, 67, 3599].map(minutes), ["0:00", "0:07", "1:07", "59:59"]);
});

test("hours from one on, days from four on", () => {
  const spans = [59, 3600, 7500, 345_599, 345_600, 360_000].map((seconds) => span(seconds, WORDS));
  assert.deepEqual(spans, ["0:59", "1 h 00 min", "2 h 05 min", "95 h 59 min", "4 d 0 h", "4 d 4 h"]);
});

test("what is left, and how long it is overdue", () => {
  const words = { ...WORDS, untilLeft: "{time} left", untilOver: "{time} overdue" };
  assert.deepEqual([67.9, 0, -0.4, -67, -7500].map((seconds) => remains(seconds, words)), [
    "1:07 left", "0:00 left", "0:00 overdue", "1:07 overdue", "2 h 05 min overdue",
  ]);
});
