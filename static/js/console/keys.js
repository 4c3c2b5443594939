// Keys of the console: what has a shortcut is pressed by it.
import { inField } from "./page.js";

// Open a box, go into a field, or click. Says whether there was anything.
function press(key) {
  const el = document.querySelector('[data-shortcut="' + CSS.escape(key) + '"]:not([hidden])');
  if (!el) return false;
  if (el.tagName === "SUMMARY") {
    const box = el.closest("details");
    box.open = true;
    box.querySelector("textarea, input:not([type=hidden])")?.focus();
  } else if (el.tagName === "INPUT") {
    el.focus();
    el.select();
  } else {
    el.click();
  }
  return true;
}

export function pressKeys() {
  document.addEventListener("keydown", (event) => {
    if (inField(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (press(event.key)) event.preventDefault();
  });
}
