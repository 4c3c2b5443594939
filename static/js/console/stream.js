// The stream says what changed: parts of the page and the list of what rings fetch themselves.
import { beep } from "./beep.js";
import { followed } from "./follow.js";

const AGAIN_MS = 5000; // after an answer that is no stream a browser does not ask again by itself
let known = null;

function tell(marks, before) {
  if (marks.alarms !== before.alarms) document.dispatchEvent(new CustomEvent("huhang-alarms"));
  // Work that failed and needs a person; with a sound where a life may depend on it.
  if (marks.lives > before.lives) beep();
  if (marks.calls !== before.calls) document.body.dispatchEvent(new Event("huhang-ring"));
}

function heard(event) {
  const state = JSON.parse(event.data);
  const before = known;
  known = state;
  document.body.dataset.live = state.marks.live;
  if (before) tell(state.marks, before.marks);
  document.dispatchEvent(new CustomEvent("huhang-changed", { detail: state.changed }));
}

function sayOffline(offline) {
  document.body.dataset.untold = offline ? "1" : "";
  document.querySelectorAll("[data-offline]").forEach((el) => { el.hidden = !offline; });
}

export function listenToConsole() {
  if (!document.querySelector("[data-bar]")) return;
  const query = new URLSearchParams(followed().map((name) => ["follow", name]));
  const stream = new EventSource("/live/console/?" + query);
  stream.onmessage = heard;
  stream.onopen = () => sayOffline(false);
  stream.onerror = () => {
    sayOffline(true);
    if (stream.readyState !== EventSource.CLOSED) return;
    // Refused, perhaps: the list of what rings says so at once.
    document.dispatchEvent(new CustomEvent("huhang-alarms"));
    setTimeout(listenToConsole, AGAIN_MS);
  };
}
