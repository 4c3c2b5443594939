// The stream says that something changed; parts fetch themselves.
import { beep } from "./beep.js";

const title = document.title;
let known = null;

function heard(event) {
  const state = JSON.parse(event.data);
  const before = known;
  known = state;
  document.body.dataset.live = state.live;
  document.title = state.open ? "(" + state.open + ") " + title : title;
  // The first word may already tell of something newer than the page.
  if (before === null || state.version !== before.version) {
    if (before !== null && state.open > before.open) beep();
    window.htmx.trigger(document.body, "huhang-changed");
  }
  if (before === null) return;
  // Pages of cases have their own word, so that an incident does not make every queue ask again, and the other way.
  if (state.cases !== before.cases) document.dispatchEvent(new CustomEvent("huhang-cases", { detail: state.touched }));
  // Work that failed and needs a person; with a sound where a life may depend on it.
  if (state.marks.failed_work !== before.marks.failed_work) window.htmx.trigger(document.body, "huhang-changed");
  if (state.marks.lives > before.marks.lives) beep();
  if (state.marks.calls !== before.marks.calls) window.htmx.trigger(document.body, "huhang-ring");
}

function sayOffline(offline) {
  document.querySelectorAll("[data-offline]").forEach((el) => { el.hidden = !offline; });
}

export function listenToConsole() {
  const stream = new EventSource("/live/console/");
  stream.onmessage = heard;
  stream.onopen = () => sayOffline(false);
  stream.onerror = () => sayOffline(true);
}
