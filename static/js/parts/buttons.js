// Buttons that need a script: holding for another answer, copying, printing.

const HOLD_MS = 2000;

// Holding a button for two seconds is another answer that looks the same.
function hold(button) {
  let timer = null;
  const start = () => { timer = setTimeout(() => { button.value = button.dataset.hold; }, HOLD_MS); };
  ["mousedown", "touchstart"].forEach((name) => button.addEventListener(name, start, { passive: true }));
  ["mouseleave", "touchcancel"].forEach((name) => button.addEventListener(name, () => clearTimeout(timer)));
  button.addEventListener("click", () => clearTimeout(timer));
}

function copy(el) {
  el.hidden = !navigator.clipboard;
  el.onclick = () => navigator.clipboard.writeText(el.dataset.copy).then(() => { el.textContent = el.dataset.done; });
}

// For a page and for each part that comes later; a button is prepared once.
export function prepareButtons(root) {
  root.querySelectorAll("[data-hold]").forEach((el) => {
    if (el.dataset.ready) return;
    el.dataset.ready = "1";
    hold(el);
  });
  root.querySelectorAll("[data-copy]").forEach(copy);
}

export function preparePrinting() {
  document.querySelectorAll("[data-print]").forEach((el) => {
    el.hidden = false;
    el.addEventListener("click", () => window.print());
  });
}
