// Parts that ask for themselves take away no button that is held, and no field in which somebody writes. What was typed
// and what was unfolded is on the new part as on the old one.
const TYPING_MS = 8000; // a field that nobody touched for so long is not being written in
const LIFT_MS = 150; // its click comes after the finger has gone, or the one of buttons.js
const FIELDS = "input, textarea, select";

const hand = { pressed: null, field: null, at: 0, composing: false, lifting: 0 };

function touch(event) {
  if (!event.target.matches?.(FIELDS)) return;
  hand.field = event.target;
  hand.at = Date.now();
}

export function isInHand(part, now = Date.now()) {
  if (hand.pressed && part.contains(hand.pressed)) return true;
  if (!hand.field || hand.field !== document.activeElement || !part.contains(hand.field)) return false;
  return hand.composing || now - hand.at < TYPING_MS;
}

function lift() {
  clearTimeout(hand.lifting);
  hand.lifting = setTimeout(() => { hand.pressed = null; }, LIFT_MS);
}

function press(event) {
  clearTimeout(hand.lifting);
  hand.pressed = event.target;
}

function pressKey(event) {
  if (event.key === " " || event.key === "Enter") press(event);
}

function watchHands() {
  document.addEventListener("pointerdown", press, true);
  ["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, lift, true));
  document.addEventListener("keydown", pressKey, true);
  document.addEventListener("keyup", lift, true);
  window.addEventListener("blur", lift);
  ["focusin", "input", "change", "keydown"].forEach((name) => document.addEventListener(name, touch, true));
  document.addEventListener("compositionstart", () => { hand.composing = true; }, true);
  document.addEventListener("compositionend", () => { hand.composing = false; }, true);
}

const isChanged = (field) => (field.matches("input[type=checkbox], input[type=radio]")
  ? field.checked !== field.defaultChecked
  : !field.matches("select, [type=hidden]") && field.value !== field.defaultValue);

// What of a part only this page knows: fields that were changed and what was unfolded, by their ids.
function own(part) {
  return {
    fields: [...part.querySelectorAll(FIELDS)].filter((field) => field.id && isChanged(field))
      .map(({ id, value, checked }) => ({ id, value, checked })),
    open: [...part.querySelectorAll("details[open][id]")].map(({ id }) => id),
  };
}

function giveBack({ fields, open }) {
  fields.forEach(({ id, value, checked }) => {
    const field = document.getElementById(id);
    if (field) Object.assign(field, { value, checked });
  });
  open.forEach((id) => {
    const box = document.getElementById(id);
    if (box) box.open = true;
  });
}

const asks = (event) => event.detail.requestConfig?.verb === "get";

export function letHandsBe() {
  watchHands();
  let kept = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (asks(event) && isInHand(event.target)) event.preventDefault();
  });
  // An answer that was on its way when the hand came is dropped; the part asks again in a moment.
  document.addEventListener("htmx:beforeSwap", (event) => {
    kept = null;
    if (!asks(event)) return;
    if (isInHand(event.detail.target)) event.detail.shouldSwap = false;
    else kept = own(event.detail.target);
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (kept) giveBack(kept);
    kept = null;
  });
}
