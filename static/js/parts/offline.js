// The network goes: the message and the numbers come up by themselves, and again when SOS is tapped. A tap is never
// lost: it goes out as soon as it can, however often that takes, also from the next page where its own is gone, and
// only then does its page come.
import { forgetTap, keepTap, keptSos, keptTap } from "./kept.js";
import { wait } from "./wait.js";

const AGAIN_MS = 2000;
const PATIENCE_MS = 10000; // of one try
const SLOW_MS = 3000; // after this time without an answer she is told that it has not gone out

function help(shown) {
  document.querySelectorAll("[data-offline-help]").forEach((el) => { el.hidden = !shown; });
}

// What the server refuses for good is said by its page; what it could not take now is tried again.
export async function arrives(action, body) {
  try {
    const answer = await fetch(action, {
      method: "POST",
      body,
      headers: { "HX-Request": "true" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return answer.status < 500;
  } catch {
    return false;
  }
}

// The page of the call knows her by a cookie that came with the answer. A browser that keeps none gets it by another
// tap, which adds to the same call.
function open(action, body) {
  if (navigator.cookieEnabled) {
    window.location.assign(action);
    return;
  }
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action, hidden: true });
  body.forEach((value, name) => {
    const field = document.createElement("input");
    Object.assign(field, { name, value });
    form.append(field);
  });
  document.body.append(form);
  form.submit();
}

async function call(action, body, say, mayShow = () => true) {
  keepTap(action, body().get("key"));
  const slow = setTimeout(() => say(true), SLOW_MS);
  // The place is read anew for each try.
  while (!(await arrives(action, body()))) {
    say(true);
    await wait(AGAIN_MS);
  }
  clearTimeout(slow);
  forgetTap();
  // Where she signed out meanwhile it goes out, and whoever holds the phone now is not shown it.
  if (mayShow()) open(action, body());
}

const FORMS = ".sosbar form[action*='/sos/']";

// Tapped on a page that is gone: a page without the form of that trip sends it too, without a place.
export function sendKeptTap() {
  const tap = keptTap();
  if (!tap) return;
  if ([...document.querySelectorAll(FORMS)].some((form) => form.getAttribute("action") === tap.action)) return;
  call(tap.action, () => new URLSearchParams({ key: tap.key }), () => {}, () => keptSos() !== null);
}

// What was true when it was last said, and may be no more while nobody can be asked; the next answer says it again.
function sayNothingUnsure() {
  document.querySelectorAll("[data-while-asked]").forEach((el) => { el.hidden = true; });
}

export function helpWithoutNetwork() {
  window.addEventListener("offline", () => {
    help(true);
    sayNothingUnsure();
  });
  window.addEventListener("online", () => help(false));
  ["htmx:sendError", "htmx:timeout"].forEach((gone) => document.addEventListener(gone, sayNothingUnsure));
  document.querySelectorAll(FORMS).forEach((form) => {
    const action = form.getAttribute("action");
    const say = (waits) => {
      form.querySelector("[data-unsent]").hidden = !waits;
      help(waits || !navigator.onLine);
    };
    let calling = false;
    const begin = () => {
      if (!navigator.onLine) help(true);
      if (calling) return;
      calling = true;
      call(action, () => new URLSearchParams(new FormData(form)), say);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      begin();
    });
    // Back from the page of the call: the next tap is another one.
    window.addEventListener("pageshow", (event) => { if (event.persisted) calling = false; });
    if (keptTap()?.action === action) begin();
  });
}
