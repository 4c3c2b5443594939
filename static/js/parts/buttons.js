// Buttons that need a script: holding for another answer, copying, printing.

const HOLD_MS = 2000;
const CLICK_MS = 60; // the click that follows a finger comes within this time, where it comes at all

// Holding a button for two seconds is another answer that looks the same. After a long touch some phones make no click:
// what was held is sent all the same.
function hold(button) {
  const plain = button.value;
  let timer = 0;
  let began = Infinity; // when the finger came, by the clock of its events
  let held = false;
  const change = () => {
    held = true;
    button.value = button.dataset.hold;
  };
  const start = (event) => {
    held = false;
    button.value = plain;
    clearTimeout(timer);
    began = event.timeStamp;
    timer = setTimeout(change, HOLD_MS);
  };
  // A busy page hears of the finger before its timer: what counts is how long the finger was there.
  const end = (event) => {
    clearTimeout(timer);
    if (event.timeStamp - began >= HOLD_MS) change();
    began = Infinity;
  };
  const lift = (event) => {
    end(event);
    if (!held) return;
    setTimeout(() => { if (held && button.isConnected) button.click(); }, CLICK_MS);
  };
  button.addEventListener("pointerdown", start);
  button.addEventListener("pointerup", lift);
  button.addEventListener("pointercancel", lift);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => { if (event.key === " " && !event.repeat) start(event); });
  button.addEventListener("keyup", lift);
  // A finger that slid away has changed its mind, unless two seconds were over.
  button.addEventListener("pointerleave", end);
  button.form.addEventListener("submit", () => {
    clearTimeout(timer);
    began = Infinity;
    held = false;
  });
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
