// The bar's box of alarms (`data-alarms`) on each page of the console: fetched, rung, marked in the tab's title.
import { Bell } from "./alarm.js";
import { isBlocked, ring, unblock } from "./beep.js";
import { all } from "./page.js";

const TICK_MS = 250;
const UNHEARD_S = 20; // so long without an answer, and nobody may believe that nothing rings
const title = document.title;
const arrived = new WeakMap();
const now = () => performance.now() / 1000;
let heard = now();

// Each row says its age at the moment it was drawn.
function alarmOf(row) {
  if (!arrived.has(row)) arrived.set(row, now() - Number(row.dataset.alarmAge));
  return { key: row.dataset.alarm, since: arrived.get(row), text: row.dataset.alarmText, link: row.dataset.alarmLink };
}

function show(count, step) {
  const blinks = step > 0 && Math.floor(now()) % 2;
  const text = (count ? "(" + count + ") " : "") + (blinks ? "⚠ ⚠ ⚠ " : "") + title;
  if (document.title !== text) document.title = text;
  all("[data-sound-blocked]").forEach((el) => { el.hidden = !(count && isBlocked()); });
}

function notify({ key, text, link }, more) {
  if (!window.Notification || Notification.permission !== "granted") return;
  try {
    const note = new Notification(more ? `${text} (+${more})` : text, { tag: key, requireInteraction: true });
    note.onclick = () => {
      window.focus();
      window.location.href = link;
    };
  } catch { /* a browser that shows them only from a worker */ }
}

// Anything but the list itself, such as the page of somebody who was signed out, is no answer.
function listen(box) {
  const address = new URL(box.getAttribute("hx-get"), window.location.href).href;
  const isList = (xhr) => xhr.status === 200 && xhr.responseURL === address;
  box.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target !== box) return;
    if (isList(event.detail.xhr)) heard = now();
    else event.detail.shouldSwap = false;
  });
  document.addEventListener("huhang-alarms", () => window.htmx.trigger(box, "huhang-fetch"));
}

export function ringUntilTaken() {
  const box = document.querySelector("[data-alarms]");
  if (!box) return;
  listen(box);
  const bell = new Bell({ ring, show, notify });
  const tick = () => {
    const rows = all("[data-alarm]", box);
    bell.tick(rows.map(alarmOf), now(), Number(rows[0]?.dataset.alarmLouder || 1));
    all("[data-unheard]").forEach((el) => { el.hidden = now() - heard < UNHEARD_S; });
  };
  setInterval(tick, TICK_MS);
  // Timers of a tab that nobody looks at hardly run until it makes a sound: what arrives makes the first one.
  box.addEventListener("htmx:afterSwap", tick);
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, unblock, true));
}
