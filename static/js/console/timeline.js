// The timeline: all, what was said, what was done, the trip. The choice stays while parts of the page come anew.
import { all } from "./page.js";

export function filterLines() {
  const kind = document.body.dataset.lines || "";
  all("[data-group]").forEach((el) => { el.hidden = Boolean(kind) && el.dataset.group !== kind; });
  all("[data-show]").forEach((el) => {
    el.classList.toggle("here", el.dataset.show === kind);
    el.setAttribute("aria-pressed", String(el.dataset.show === kind));
  });
}

export function prepareFilter() {
  filterLines();
  document.addEventListener("click", (event) => {
    const el = event.target.closest("[data-show]");
    if (!el) return;
    document.body.dataset.lines = el.dataset.show;
    filterLines();
  });
}
