// A recording's key: made here, wrapped to the key of the day, and never readable outside this page.
import { fromBase64, toBase64 } from "../parts/bytes.js";
import { wait } from "../parts/wait.js";

const AGAIN_MS = 1000;

async function wrapNewKey(spki) {
  const rsa = { name: "RSA-OAEP", hash: "SHA-256" };
  const open = await crypto.subtle.importKey("spki", fromBase64(spki), rsa, false, ["wrapKey"]);
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  return { key, wrapped: toBase64(await crypto.subtle.wrapKey("raw", key, open, { name: "RSA-OAEP" })) };
}

function ask(trip, body) {
  return fetch("/api/v1/trips/" + trip + "/sound/", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
  });
}

// Begin a recording: its key, code, token and slice length; null where it may not begin. Tries again without a network.
export async function beginRecording({ trip, key: pageKey, purpose, mime }) {
  for (;;) {
    try {
      const day = await (await fetch("/api/v1/sound-key/", { credentials: "omit" })).json();
      const { key, wrapped } = await wrapNewKey(day.spki);
      const answer = await ask(trip, { key: pageKey, purpose, day: day.day, wrapped, mime });
      if (answer.status === 201) return { key, ...(await answer.json()) };
      if (answer.status < 500 && (await answer.json()).code !== "recording_key_changed") return null;
    } catch { /* no network: again */ }
    await wait(AGAIN_MS);
  }
}
