// Positions of this phone. They go out while the page has a key, which a part of the page may bring.
const EVERY_MS = 5000;
const STILL_S = 20;
const SILENT_S = 180; // without a word from the phone about its place, where it was is not where it is
const BATCH = 300;
const KEPT = 20000; // of a day without network, the newest
const ANSWER_MS = 20000;
const KEEPALIVE_BYTES = 60000; // what a browser sends of a page that goes

// Ages are measured by a clock that nobody sets. What a phone calls now may jump by minutes, or years, under way.
const steady = () => performance.now() / 1000;
const wall = () => Date.now() / 1000;

// What was measured and has not reached the server. Positions are WGS-84; `at` is by the steady clock.
export class Positions {
  constructor() {
    this.queue = [];
    this.under = new Set(); // in a post whose answer is awaited
    this.last = null;
    this.heard = null; // when the phone last measured; null once it said that it cannot
  }

  // The phone measured where it is.
  measured(coords, at = steady()) {
    this.heard = at;
    this.shown = wall();
    this.add(coords, at);
  }

  // The phone says that it knows no place: switched off, refused, in a tunnel.
  lost() {
    this.heard = null;
  }

  add({ latitude, longitude, accuracy, speed }, at = steady()) {
    this.last = { at, latitude, longitude, accuracy, speed };
    this.queue.push(this.last);
    if (this.queue.length > KEPT) this.queue = this.queue.slice(-KEPT);
  }

  get waiting() {
    return this.queue.filter((each) => !this.under.has(each));
  }

  // A car that stands still sends no new fixes: the phone is here all the same. Not for long, and not once it has lost
  // its place: an old place with a new time would be a lie.
  stillHere(at = steady()) {
    if (this.heard === null || at - this.heard > SILENT_S || wall() - this.shown > SILENT_S) return;
    if (this.last && !this.queue.length && at - this.last.at > STILL_S) this.add({ ...this.last, speed: null }, at);
  }

  // One batch of what no other post holds; `away` says that the page went to the background. What was lost is sent
  // again; what the server has, or cannot take, is not.
  async post(key, away) {
    const batch = this.waiting.slice(0, BATCH);
    batch.forEach((each) => this.under.add(each));
    const now = wall();
    const since = steady();
    const pings = batch.map((each) => written(each, now - (since - each.at)));
    const body = JSON.stringify({ crs: "WGS84", pings, away, now });
    try {
      const answer = await fetch("/live/positions/", {
        method: "POST",
        keepalive: body.length < KEEPALIVE_BYTES,
        signal: AbortSignal.timeout(ANSWER_MS),
        headers: { Authorization: "Bearer " + key, "Content-Type": "application/json" },
        body,
      });
      if (answer.ok || answer.status === 400) this.queue = this.queue.filter((each) => !batch.includes(each));
    } catch {
      // No network, or no answer: they stay.
    }
    batch.forEach((each) => this.under.delete(each));
  }
}

const rounded = (value, digits) => Number(value.toFixed(digits));

function written({ latitude, longitude, accuracy, speed }, at) {
  const ping = { at: rounded(at, 3), lat: rounded(latitude, 6), lon: rounded(longitude, 6) };
  if (accuracy > 0) ping.accuracy = rounded(accuracy, 1);
  if (speed >= 0 && speed !== null && speed !== undefined) ping.speed = rounded(speed, 1);
  return ping;
}

function send(key) {
  if (!navigator.geolocation) return;
  const positions = new Positions();
  navigator.geolocation.watchPosition((found) => {
    positions.measured(found.coords);
  }, () => positions.lost(), { enableHighAccuracy: true });
  setInterval(() => {
    positions.stillHere();
    if (positions.waiting.length && document.querySelector("[data-key]")) positions.post(key, false);
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
