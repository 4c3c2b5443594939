// Who else looks at this case, and whether they write.
const EVERY_MS = 10000;

function present() {
  const box = document.querySelector("[data-here]");
  if (!box || document.hidden) return;
  const active = document.activeElement;
  const writing = active && active.tagName === "TEXTAREA" && active.value ? "1" : "0";
  const request = { source: box, target: box, swap: "innerHTML", values: { writing } };
  window.htmx.ajax("POST", box.dataset.here, request).catch(() => {});
}

export function sayWhoIsHere() {
  if (!document.querySelector("[data-here]")) return;
  present();
  setInterval(present, EVERY_MS);
}
