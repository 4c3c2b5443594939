// Booking and offering: points on the map, prices while one still types, fields that are not needed out of sight.
// Without scripts every field is there, places are typed, and prices come with their own button.
import { preparePicker } from "./parts/picker.js";

const PRICES_MS = 400;

const form = document.querySelector("form[data-book]") || document.querySelector("[data-pick]")?.closest("form");
const field = (name) => form.querySelector("[name=" + name + "]");

function setPoint(name, point, words) {
  field(name).value = words;
  field(name + "_lat").value = point ? point.lat.toFixed(6) : "";
  field(name + "_lon").value = point ? point.lng.toFixed(6) : "";
}

let asked = 0;
let timer = 0;

// What it would cost, a moment after the last change; an answer that was overtaken is not shown.
function prices() {
  clearTimeout(timer);
  const holder = form.querySelector("[data-prices]");
  if (!holder || !field("origin").value || !field("destination").value) return;
  timer = setTimeout(async () => {
    asked += 1;
    const turn = asked;
    const answer = await fetch(holder.dataset.prices, { method: "POST", body: new FormData(form) });
    if (answer.ok && turn === asked) holder.innerHTML = await answer.text();
  }, PRICES_MS);
}

function show(box, wanted) {
  if (box) box.hidden = !wanted;
}

function tidy() {
  show(form.querySelector("[data-when]"), form.querySelector("[name=when]:checked")?.value === "later");
  show(form.querySelector("[data-rider]"), form.querySelector("[name=rider_kind]:checked")?.value !== "self");
}

function prepare() {
  const pick = form.querySelector("[data-pick]");
  const unmark = pick && preparePicker(pick, {
    first: () => (field("origin").value ? "destination" : "origin"),
    chosen: (name, point, words) => {
      setPoint(name, point, words);
      prices();
    },
  });
  ["origin", "destination"].forEach((name) => {
    field(name).addEventListener("input", () => {
      setPoint(name, null, field(name).value);
      unmark?.(name);
    });
  });
  form.addEventListener("change", prices);
  if (!form.matches("[data-book]")) return;
  form.addEventListener("change", tidy);
  tidy();
  show(form.querySelector("[data-noscript]"), false);
  prices();
}

if (form) prepare();
