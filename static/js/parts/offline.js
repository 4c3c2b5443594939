// The network goes: the message and the numbers come up by themselves, and again when SOS is tapped. A tap is never
// lost: it goes out as soon as it can, however often that takes, and only then does its page come.
import { wait } from "./wait.js";

const AGAIN_MS = 2000;
const PATIENCE_MS = 10000; // of one try
const SLOW_MS = 3000; // after this time without an answer she is told that it has not gone out

function help(shown) {
  document.querySelectorAll("[data-offline-help]").forEach((el) => { el.hidden = !shown; });
}

// What the server refuses for good is said by its page; what it could not take now is tried again.
async function arrives(form) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "HX-Request": "true" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return answer.status < 500;
  } catch {
    return false;
  }
}

async function call(form) {
  const say = (waits) => {
    form.querySelector("[data-unsent]").hidden = !waits;
    help(waits || !navigator.onLine);
  };
  const slow = setTimeout(() => say(true), SLOW_MS);
  // The place is read anew for each try.
  while (!(await arrives(form))) {
    say(true);
    await wait(AGAIN_MS);
  }
  clearTimeout(slow);
  window.location.assign(form.action);
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
  document.querySelectorAll(".sosbar form[action*='/sos/']").forEach((form) => {
    let calling = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!navigator.onLine) help(true);
      if (calling) return;
      calling = true;
      call(form);
    });
    // Back from the page of the call: the next tap is another one.
    window.addEventListener("pageshow", (event) => { if (event.persisted) calling = false; });
  });
}
