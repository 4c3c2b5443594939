// Keys of the whole console; the workspace has more of its own.
const BUTTONS = { t: "[data-take]", l: "[data-listen-begin]:not([hidden])", n: "[data-next-key]" };

export function pressKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const query = Object.hasOwn(BUTTONS, event.key) && BUTTONS[event.key];
    if (query) document.querySelector(query)?.click();
  });
}
