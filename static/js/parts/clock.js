// The time at the server: phones are wrong by minutes. The page says when it was made.
const skew = typeof document === "undefined" ? 0 : Number(document.documentElement.dataset.now) * 1000 - Date.now();

// Milliseconds since 1970, as the server counts them.
export const serverNow = () => Date.now() + skew;

// Seconds as minutes and seconds: 67 -> "1:07".
export function minutes(seconds) {
  return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
}

// Seconds as hours and minutes from an hour on: 7500 -> "2 h 05".
export function span(seconds) {
  if (seconds < 3600) return minutes(seconds);
  return Math.floor(seconds / 3600) + " h " + String(Math.floor((seconds % 3600) / 60)).padStart(2, "0");
}

export function tick() {
  document.querySelectorAll('[data-since]:not([data-since=""])').forEach((el) => {
    el.textContent = minutes(Math.max(0, Math.floor(serverNow() / 1000 - Number(el.dataset.since))));
  });
  document.querySelectorAll("[data-until]").forEach((el) => {
    el.textContent = Math.max(0, Math.ceil(Number(el.dataset.until) - serverNow() / 1000));
  });
}
