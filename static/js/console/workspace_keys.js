// Keys of the workspace: through the queue and into a case.
import { all, inField } from "./page.js";

let marked = -1;

function move(step) {
  const links = all("[data-queue]");
  if (links.length) {
    links[links.findIndex((el) => el.getAttribute("aria-current")) + step]?.click();
    return;
  }
  const rows = all("[data-row]");
  if (!rows.length) return;
  marked = Math.min(Math.max(marked + step, 0), rows.length - 1);
  rows.forEach((row, at) => row.classList.toggle("marked", at === marked));
  rows[marked].scrollIntoView({ block: "nearest" });
}

function help() {
  const box = document.querySelector("[data-keys]");
  if (box && !box.open) box.showModal();
}

function send(event) {
  const form = event.target.closest?.("form");
  if (!form || !form.dataset.action) return;
  event.preventDefault();
  form.requestSubmit();
}

const opensMarked = (event) => event.key === "Enter" && marked >= 0 && !event.target.closest("a, button, summary");

function onKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (inField(event.target)) {
    if (event.key === "Escape") event.target.blur();
  } else if (!document.querySelector("[data-keys]")) return;
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (opensMarked(event)) window.location.href = all("[data-row]")[marked].dataset.row;
  else if (event.key === "?") help();
}

export function prepareWorkspaceKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-help]")) help(); });
}
