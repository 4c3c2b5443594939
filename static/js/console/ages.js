// Ages, and what is left of a time, that go on counting after the page was made; what is overdue turns red by itself.
import { remains, span } from "../parts/clock.js";

function passed(el) {
  el.loadedAt = el.loadedAt || performance.now();
  return (performance.now() - el.loadedAt) / 1000;
}

export function tickAges() {
  const words = document.querySelector("[data-hours]").dataset;
  document.querySelectorAll("[data-age]").forEach((el) => {
    const seconds = Number(el.dataset.age) + passed(el);
    el.textContent = span(Math.max(0, Math.floor(seconds)), words);
  });
  document.querySelectorAll("[data-left]").forEach((el) => {
    const seconds = Number(el.dataset.left) - passed(el);
    el.textContent = remains(seconds, words);
    el.classList.toggle("bad", seconds < 0);
  });
}
