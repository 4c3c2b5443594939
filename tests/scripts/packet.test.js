// The SMS packet of the page against those that safety/packets.py writes; the test that runs this brings them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { encodePacket } from "../../static/js/parts/packet.js";

const vectors = JSON.parse(process.env.PACKET_VECTORS);

test("there are packets to compare with", () => assert.ok(vectors.length >= 8));

for (const { text, ...packet } of vectors) {
  test(`${packet.party} of ${packet.trip} at ${packet.latitude}, ${packet.longitude}`, async () => {
    assert.equal(await encodePacket(packet), text);
  });
}
