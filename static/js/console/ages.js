// Ages, and what is left of a time, that go on counting after the page was made; what is overdue turns red by itself.
import { minutes } from "../parts/clock.js";

// As `core.formats.span` writes it: minutes, hours from one on, days from four on. `words` has the page's `hours`
// ("{hours} h {minutes}") and `days` ("{days} d {hours} h").
export function span(seconds, words) {
  const hours = Math.floor(seconds / 3600);
  if (hours < 1) return minutes(seconds);
  const rest = String(Math.floor((seconds % 3600) / 60)).padStart(2, "0");
  if (hours < 96) return words.hours.replace("{hours}", hours).replace("{minutes}", rest);
  return words.days.replace("{days}", Math.floor(hours / 24)).replace("{hours}", hours % 24);
}

// What is left of a time, or how long it is overdue; `words` has the page's `untilLeft` ("{time} left") and
// `untilOver`.
export function remains(seconds, words) {
  const form = seconds < 0 ? words.untilOver : words.untilLeft;
  return form.replace("{time}", span(Math.floor(Math.abs(seconds)), words));
}

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
