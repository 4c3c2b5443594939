// What asks for itself on a page of the console, such as the alarms, leaves the keyboard where it was.
import { keepFocus } from "./focus.js";

export function keepFocusInSwaps() {
  let goBack = null;
  document.addEventListener("htmx:beforeSwap", (event) => { goBack = keepFocus(event.detail.target); });
  document.addEventListener("htmx:afterSwap", (event) => {
    goBack?.(event.detail.target);
    goBack = null;
  });
}
