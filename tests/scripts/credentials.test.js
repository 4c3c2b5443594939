// What stands between the page's JSON and the browser's passkeys.
import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf, optionsOf } from "../../static/js/parts/credentials.js";

const bytes = (...values) => new Uint8Array(values).buffer;

test("options become bytes where the browser wants bytes", () => {
  const options = optionsOf({
    challenge: "AQID_-8",
    user: { id: "BAU", name: "a" },
    excludeCredentials: [{ type: "public-key", id: "Bg" }],
    timeout: 1,
  });
  assert.deepEqual([...options.challenge], [1, 2, 3, 255, 239]);
  assert.deepEqual([...options.user.id], [4, 5]);
  assert.deepEqual([...options.excludeCredentials[0].id], [6]);
  assert.equal(options.timeout, 1);
  assert.equal(options.allowCredentials, undefined);
});

test("an answer becomes letters, with the parts that it has", () => {
  const answer = answerOf({
    rawId: bytes(255, 239),
    type: "public-key",
    response: { clientDataJSON: bytes(1), signature: bytes(2, 3), userHandle: null },
  });
  assert.deepEqual(answer, {
    id: "_-8",
    rawId: "_-8",
    type: "public-key",
    response: { clientDataJSON: "AQ", signature: "AgM" },
    clientExtensionResults: {},
  });
});
