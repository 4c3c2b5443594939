// Ages that go on counting after the page was made.
import { span } from "../parts/clock.js";

function loaded(el) {
  el.loadedAt = el.loadedAt || performance.now();
  return el.loadedAt;
}

export function tickAges() {
  const words = document.querySelector("[data-hours]").dataset;
  document.querySelectorAll("[data-age]").forEach((el) => {
    const seconds = Number(el.dataset.age) + (performance.now() - loaded(el)) / 1000;
    el.textContent = span(Math.max(0, Math.floor(seconds)), words);
  });
}
