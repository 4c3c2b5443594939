// Positions of this phone. They go out while the page has a key: from the acceptance on, which a part of the page may
// bring by itself.
import { serverNow } from "./clock.js";

const EVERY_MS = 5000;
const STILL_S = 20;
const BATCH = 500;

// What was measured and has not reached the server. `at` is in seconds since 1970, positions are WGS-84.
export class Positions {
  constructor() {
    this.queue = [];
    this.last = null;
  }

  add(at, lat, lon) {
    this.last = { at, lat, lon };
    this.queue.push(this.last);
  }

  // A car that stands still sends no new fixes; say that the phone is here all the same.
  stillHere(now) {
    if (this.last && !this.queue.length && now - this.last.at > STILL_S) this.add(now, this.last.lat, this.last.lon);
  }

  // One batch; `away` says that the page went to the background. What was refused is not sent again, what was lost is.
  async post(key, away) {
    const batch = this.queue.slice(0, BATCH);
    try {
      const answer = await fetch("/live/positions/", {
        method: "POST",
        keepalive: true,
        headers: { Authorization: "Bearer " + key, "Content-Type": "application/json" },
        body: JSON.stringify({ crs: "WGS84", pings: batch, away }),
      });
      // Another batch may be under way: exactly what this one held has arrived.
      if (answer.ok || answer.status === 400) this.queue = this.queue.filter((each) => !batch.includes(each));
    } catch {
      this.queue = this.queue.slice(-BATCH);
    }
  }
}

function send(key) {
  if (!navigator.geolocation) return;
  const positions = new Positions();
  navigator.geolocation.watchPosition((found) => {
    const { latitude, longitude } = found.coords;
    positions.add(serverNow() / 1000, latitude, longitude);
  }, () => {}, { enableHighAccuracy: true });
  setInterval(() => {
    positions.stillHere(serverNow() / 1000);
    if (positions.queue.length && document.querySelector("[data-key]")) positions.post(key, false);
  }, Number(document.querySelector("[data-every]")?.dataset.every) || EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (document.hidden) positions.post(key, true); });
}

let following = false;

// Begin once, as soon as the page has a key.
export function sendPositions() {
  const key = document.querySelector("[data-key]")?.dataset.key;
  if (!key || following) return;
  following = true;
  send(key);
}
