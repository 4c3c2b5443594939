// What changed is fetched; a form in which somebody writes is left alone and says so.
import { all, inField, openCase } from "./page.js";

const CALM_MS = 1000;

function changed(el) {
  const ticks = el.type === "checkbox" || el.type === "radio";
  return ticks ? el.checked !== el.defaultChecked : el.value !== el.defaultValue;
}

function isDirty(box) {
  const active = document.activeElement;
  return box.querySelector("[data-refused]") !== null || all("textarea, input:not([type=hidden])", box).some(changed) || (box.contains(active) && inField(active));
}

function refresh() {
  ["head", "statements", "lines"].forEach((id) => {
    const el = document.getElementById(id);
    if (el) window.htmx.trigger(el, "refresh");
  });
  const actions = document.getElementById("actions");
  if (!actions) return;
  if (isDirty(actions)) actions.querySelector("[data-stale]").hidden = false;
  else window.htmx.trigger(actions, "refresh");
}

export function followCases() {
  let waiting = null;
  document.addEventListener("huhang-cases", (event) => {
    if (openCase()) {
      if (event.detail.includes(openCase())) refresh();
      return;
    }
    const note = document.querySelector("[data-new]"); // the list never jumps under the mouse
    if (!note || waiting) return;
    waiting = setTimeout(() => {
      waiting = null;
      note.hidden = false;
    }, CALM_MS);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-refresh]")) window.htmx.trigger(document.getElementById("actions"), "refresh");
  });
}
