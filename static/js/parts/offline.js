// The network goes: the message and the numbers come up by themselves, and again when SOS is tapped. A tap is never
// lost: it goes out as soon as it can, however often that takes, also from the next page where its own is gone, and
// only then does its page come.
import { forgetTap, keepTap, keptTap } from "./kept.js";
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

async function call(action, body, say) {
  keepTap(action, body().get("key"));
  const slow = setTimeout(() => say(true), SLOW_MS);
  // The place is read anew for each try.
  while (!(await arrives(action, body()))) {
    say(true);
    await wait(AGAIN_MS);
  }
  clearTimeout(slow);
  forgetTap();
  window.location.assign(action);
}

const FORMS = ".sosbar form[action*='/sos/']";

// Tapped on a page that is gone: a page without the form of that trip sends it too, without a place.
export function sendKeptTap() {
  const tap = keptTap();
  if (!tap) return;
  if ([...document.querySelectorAll(FORMS)].some((form) => form.getAttribute("action") === tap.action)) return;
  call(tap.action, () => new URLSearchParams({ key: tap.key }), () => {});
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
