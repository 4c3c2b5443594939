// Whether a hand is on a part of the page: what somebody uses is never taken away from under it.
import { all, inField } from "./page.js";

const RELEASED_MS = 400;
let pressed = null;

export function watchHands() {
  document.addEventListener("pointerdown", (event) => { pressed = event.target; });
  ["pointerup", "pointercancel"].forEach((name) => {
    document.addEventListener(name, () => { setTimeout(() => { pressed = null; }, RELEASED_MS); });
  });
}

function typed(field) {
  if (field.type === "hidden" || field.type === "submit" || field.type === "button") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) {
    const chosen = all("option", field).filter((each) => each.defaultSelected);
    return chosen.length ? chosen.some((each) => !each.selected) : field.selectedIndex > 0;
  }
  return field.value !== field.defaultValue;
}

// The boxes of a part that are open, the part itself among them where it is one.
export function openBoxes(part) {
  return [part, ...all("details", part)].filter((box) => box.matches("details[open]"));
}

// `opened` are those that were open when the part was made.
export function isHeld(part, opened) {
  const active = document.activeElement;
  const focused = active && part.contains(active) && (inField(active) || active.closest("form"));
  const chosen = document.getSelection();
  const marked = chosen && !chosen.isCollapsed && part.contains(chosen.anchorNode);
  return Boolean(
    focused
    || marked
    || (pressed && part.contains(pressed))
    || part.matches("[data-held]")
    // What was refused waits for better words.
    || part.querySelector("[data-held], [data-refused], dialog[open], .errorlist, [role=alert]")
    || all("input, textarea, select", part).some(typed)
    || openBoxes(part).some((box) => !opened.has(box))
    || all("audio, video", part).some((sound) => !sound.paused)
  );
}
