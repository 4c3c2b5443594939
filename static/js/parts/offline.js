// Without a network: the message and the numbers come up; a tap goes out as soon as it can, from the next page too.
import { forgetTap, keepTap, keptSos, keptTap } from "./kept.js";
import { wait } from "./wait.js";

const AGAIN_MS = 2000;
const PATIENCE_MS = 10000; // of one try
const SLOW_MS = 3000; // then she is told that it has not gone out

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

const FORMS = ".sosbar form[action*='/sos/']";
const formOf = (action) => [...document.querySelectorAll(FORMS)].find((form) => form.getAttribute("action") === action);

// Its page knows her by a cookie; where none is kept, another tap, which adds to the same call.
function open(action) {
  if (navigator.cookieEnabled || !formOf(action)) window.location.assign(action);
  else formOf(action).submit();
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
  // Who holds the phone after she signed out is not shown it.
  if (mayShow()) open(action);
}

// Tapped on a page that is gone: another sends it, without a place.
export function sendKeptTap() {
  const tap = keptTap();
  if (!tap) return;
  if (formOf(tap.action)) return;
  call(tap.action, () => new URLSearchParams({ key: tap.key }), () => {}, () => keptSos() !== null);
}

// What may be true no more while nobody can be asked; the next answer says it again.
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
