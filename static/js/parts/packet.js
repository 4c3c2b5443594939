// Help by SMS when the phone has no data: the newest position, under the page's own key. docs/sos-packet.md has the
// layout; safety/packets.py reads it.
import { fromBase64Url, toBase64Url } from "./bytes.js";

const HEAD = 13;
const MAC = 8;

// The text of the message. `party` is driver or passenger, `at` in milliseconds since 1970, `latitude` and `longitude`
// in degrees (WGS-84), `secret` the key of this side of this trip as base64url.
export async function encodePacket({ trip, party, silent, at, latitude, longitude, secret }) {
  const letters = new TextEncoder().encode(trip);
  const body = new Uint8Array(HEAD + letters.length);
  const view = new DataView(body.buffer);
  view.setUint8(0, (party === "driver" ? 1 : 0) | (silent ? 2 : 0));
  view.setUint32(1, Math.floor(at / 1000));
  view.setInt32(5, Math.round(latitude * 1e6));
  view.setInt32(9, Math.round(longitude * 1e6));
  body.set(letters, HEAD);
  const hash = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", fromBase64Url(secret), hash, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, body)).slice(0, MAC);
  return "HH1" + toBase64Url(new Uint8Array([...body, ...mac]));
}

async function fill(link, place) {
  const { packet, party, silent, secret, number } = link.dataset;
  const { latitude, longitude } = place.coords;
  const text = await encodePacket({
    trip: packet, party, silent: Boolean(silent), at: place.timestamp, latitude, longitude, secret,
  });
  link.href = "sms:" + number + "?body=" + text;
}

// Links may come with a part of the page: whatever is there when a position comes is filled.
export function fillPackets(place) {
  return Promise.all([...document.querySelectorAll("[data-packet]")].map((link) => fill(link, place)));
}
