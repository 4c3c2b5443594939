// The screen stays on while a trip goes on: a phone that sleeps sends nothing. A lock ends whenever the page is hidden.
let wanted = false;

// Once, as soon as the page has a key.
export function stayAwake() {
  if (wanted || !navigator.wakeLock || !document.querySelector("[data-key]")) return;
  wanted = true;
  const ask = () => { if (!document.hidden) navigator.wakeLock.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", ask);
  ask();
}
