// Nobody is signed in here any more, or somebody else is: said at once and loudly, what was typed stays, and nothing
// that is old rings. Where the same person signs in beside this page, it goes on.
import { beep } from "./beep.js";
import { all } from "./page.js";

let out = false;
let gone = false; // for good: another account reads pages of this browser

export const isSignedOut = () => out;

function say(now) {
  if (out === now) return;
  out = now;
  document.body.dataset.signedOut = out ? "1" : "";
  all("[data-signed-out-note]").forEach((el) => { el.hidden = !out; });
  if (out) beep();
  document.dispatchEvent(new CustomEvent(out ? "huhang-signed-out" : "huhang-signed-in"));
}

// Whose list of alarms came: `reader` of it, or null where there was none to read.
export function heardAs(reader) {
  say(gone || reader !== document.querySelector("[data-bar]").dataset.reader);
}

export const takeToken = (token) => import("../parts/reader.js").then((part) => part.takeToken(token)).catch(() => {});

export function watchReader() {
  const { reader } = document.querySelector("[data-bar]")?.dataset || {};
  if (!reader) return;
  import("../parts/reader.js").then(({ tellReader }) => tellReader(reader, () => {
    gone = true;
    say(true);
  })).catch(() => {});
}
