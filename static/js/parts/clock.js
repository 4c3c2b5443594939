// The time at the server: phones are wrong by minutes. The page says when it was made.
const skew = typeof document === "undefined" ? 0 : Number(document.documentElement.dataset.now) * 1000 - Date.now();

// Milliseconds since 1970, as the server counts them.
export const serverNow = () => Date.now() + skew;

// Seconds as minutes and seconds: 67 -> "1:07".
export function minutes(seconds) {
  return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
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
