// The bar's box of alarms (`data-alarms`) on each page of the console: fetched, rung, marked in the tab's title.
import { Bell } from "./alarm.js";
import { isBlocked, ring, unblock } from "./beep.js";
import { all } from "./page.js";
import { heardAs, isSignedOut, takeToken, watchReader } from "./signed_out.js";

const TICK_MS = 250;
const UNHEARD_S = 20; // so long without an answer, and nobody may believe that nothing rings
const UNHEARD_EVERY_S = 20; // between two sounds of that
let warned = -UNHEARD_EVERY_S;
const title = document.title;
const arrived = new WeakMap();
const now = () => performance.now() / 1000;
let heard = now();
const notes = new Map(); // key → what the desk's screen shows of it
const REFUSED = new Set([401, 403]);

// Each row says its age at the moment it was drawn.
function alarmOf(row) {
  if (!arrived.has(row)) arrived.set(row, now() - Number(row.dataset.alarmAge));
  return { key: row.dataset.alarm, since: arrived.get(row), text: row.dataset.alarmText, link: row.dataset.alarmLink };
}

function show(count, step) {
  const blinks = step > 0 && Math.floor(now()) % 2;
  const out = isSignedOut() ? document.querySelector("[data-signed-out-note] strong").textContent : "";
  const text = out ? "⚠ " + out : (count ? "(" + count + ") " : "") + (blinks ? "⚠ ⚠ ⚠ " : "") + title;
  if (document.title !== text) document.title = text;
  all("[data-sound-blocked]").forEach((el) => { el.hidden = !(count && isBlocked()); });
}

function notify({ key, text, link }, more) {
  if (!window.Notification || Notification.permission !== "granted") return;
  try {
    const note = new Notification(more ? `${text} (+${more})` : text, { tag: key, requireInteraction: true });
    notes.set(key, note);
    note.onclick = () => {
      window.focus();
      window.location.href = link;
    };
  } catch { /* a browser that shows them only from a worker */ }
}

// What nobody may see here any more, or somebody took, stands on no screen either.
function closeNotes(keys) {
  notes.forEach((note, key) => {
    if (keys.has(key)) return;
    note.close();
    notes.delete(key);
  });
}

// Whose list it is, and the token with which their forms are sent from now on.
function hear(html) {
  const wasOut = isSignedOut();
  const { reader, token } = new DOMParser().parseFromString(html, "text/html").querySelector("[data-reader]").dataset;
  heardAs(reader);
  if (wasOut && !isSignedOut()) takeToken(token);
}

// Anything but the list itself is no answer; a refusal, or the list of another account, says that nobody is signed in.
function listen(box) {
  const address = new URL(box.getAttribute("hx-get"), window.location.href).href;
  const isList = (xhr) => xhr.status === 200 && xhr.responseURL === address;
  // By an event of the page, which is heard by nobody where htmx has not come yet: it asks by itself when it does.
  const ask = () => box.dispatchEvent(new Event("huhang-fetch"));
  box.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target !== box) return;
    const { xhr } = event.detail;
    if (isList(xhr)) hear(xhr.responseText);
    else if (REFUSED.has(xhr.status)) heardAs(null);
    event.detail.shouldSwap = isList(xhr) && !isSignedOut();
    if (event.detail.shouldSwap) heard = now();
  });
  document.addEventListener("htmx:responseError", ({ target, detail }) => {
    if (target !== box && REFUSED.has(detail.xhr.status)) ask();
  });
  document.addEventListener("huhang-signed-out", () => box.replaceChildren());
  document.addEventListener("huhang-signed-in", ask);
  document.addEventListener("huhang-alarms", ask);
}

function warn(unheard) {
  all("[data-unheard]").forEach((el) => { el.hidden = !unheard; });
  if (!unheard || now() - warned < UNHEARD_EVERY_S) return;
  ring(1);
  warned = now();
}

export function ringUntilTaken() {
  const box = document.querySelector("[data-alarms]");
  if (!box) return;
  listen(box);
  watchReader();
  const bell = new Bell({ ring, show, notify });
  const tick = () => {
    const rows = all("[data-alarm]", box);
    closeNotes(new Set(rows.map((row) => row.dataset.alarm)));
    bell.tick(rows.map(alarmOf), now(), Number(rows[0]?.dataset.alarmLouder || 1));
    warn(!isSignedOut() && now() - heard >= UNHEARD_S);
  };
  setInterval(tick, TICK_MS);
  // Timers of a tab that nobody looks at hardly run until it makes a sound: what arrives makes the first one.
  box.addEventListener("htmx:afterSwap", tick);
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, unblock, true));
}
