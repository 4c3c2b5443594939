// The screen stays on while a trip goes on: a phone that sleeps sends nothing. A lock ends whenever the page is hidden.
let wanted = false;

function ask() {
  if (!document.hidden) navigator.wakeLock.request("screen").catch(() => {});
}

// Once, as soon as the page has a key.
export function stayAwake() {
  if (wanted || !navigator.wakeLock || !document.querySelector("[data-key]")) return;
  wanted = true;
  document.addEventListener("visibilitychange", ask);
  ask();
}
