// The time at the server: phones are wrong by minutes. The page says when it was made.
const skew = typeof document === "undefined" ? 0 : Number(document.documentElement.dataset.now) * 1000 - Date.now();

// Milliseconds since 1970, as the server counts them.
export const serverNow = () => Date.now() + skew;

// Seconds as minutes and seconds: 67 -> "1:07".
export function minutes(seconds) {
  return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
}

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

export function tick() {
  document.querySelectorAll('[data-since]:not([data-since=""])').forEach((el) => {
    el.textContent = minutes(Math.max(0, Math.floor(serverNow() / 1000 - Number(el.dataset.since))));
  });
  document.querySelectorAll("[data-until]").forEach((el) => {
    const left = Math.max(0, Number(el.dataset.until) - serverNow() / 1000);
    el.textContent = Math.ceil(left);
    if (Number(el.dataset.of)) el.style.setProperty("--share", Math.min(1, left / Number(el.dataset.of)));
  });
}
