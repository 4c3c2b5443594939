// The console while our own data cannot be reached: it looks again by itself, says since when, and is heard, so that
// nobody on a night shift sits before a silent page. The next page of the console rings by itself.
import { isBlocked, ring, unblock } from "./console/beep.js";
import { soundSwitch } from "./console/switches.js";
import { wait } from "./parts/wait.js";

const SINCE = "huhang-away"; // in this tab, until it is back
const AGAIN_MS = 2000;
const PATIENCE_MS = 5000; // of one look
const LASTS_MS = 15000; // from then on it sounds
const EVERY_MS = 20000;
const HEARD_MS = 1200; // the sound of its return, before the page goes
// Ours, and what a proxy says where no process of ours is; a fault of one page is none.
const AWAY = new Set([502, 503, 504]);

// In the page's language, as all its other times: what the browser speaks says nothing of who reads.
const timeOf = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hourCycle: "h23" });

function since() {
  try {
    const known = Number(sessionStorage.getItem(SINCE)) || Date.now();
    sessionStorage.setItem(SINCE, String(known));
    return known;
  } catch {
    return Date.now(); // a window that keeps nothing
  }
}

async function isBack() {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(window.location.href, { method: "HEAD", redirect: "manual", cache: "no-store", signal });
    return !AWAY.has(answer.status); // one that leads elsewhere is 0
  } catch {
    return false;
  }
}

async function comeBack(box) {
  try {
    sessionStorage.removeItem(SINCE);
  } catch {
    // Nothing was kept.
  }
  ring(1);
  box.querySelector("[data-away-back]").hidden = false;
  document.title = "✔ " + document.title;
  await wait(HEARD_MS);
  // What was sent is not sent again by itself.
  if ("looked" in box.dataset) window.location.replace(window.location.href);
}

export async function watchAway(box, began = since()) {
  box.querySelector("[data-away-since]").textContent = timeOf(began);
  let sounded = began + LASTS_MS - EVERY_MS;
  while (!(await isBack())) {
    if (Date.now() - sounded >= EVERY_MS) {
      ring(1);
      sounded = Date.now();
    }
    box.querySelector("[data-sound-blocked]").hidden = !isBlocked();
    await wait(AGAIN_MS);
  }
  await comeBack(box);
}

const away = document.querySelector("[data-away]");
if (away) {
  soundSwitch();
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, unblock, true));
  watchAway(away);
}
