// Drafts: kept in this window alone and for who writes them, put back after a refusal, gone when it was sent.
import { all } from "./page.js";

const REFUSED = ".errornote, [data-refused], .messagelist .error, [role=alert]";

const DRAFT = "draft:";
const mine = () => DRAFT + (document.querySelector("[data-bar]")?.dataset.reader || "") + ":";
const keyOf = (form) => mine() + form.getAttribute("action");

// Who signed in after a session had only ended does not find what the one before had begun.
function forgetOthers() {
  const others = Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT) && !key.startsWith(mine()));
  others.forEach((key) => sessionStorage.removeItem(key));
}

function restore(form) {
  const field = form.querySelector("textarea");
  if (!field) return;
  const key = keyOf(form);
  if (sessionStorage.getItem(key + ":sent")) {
    sessionStorage.removeItem(key + ":sent");
    if (!document.querySelector(REFUSED)) sessionStorage.removeItem(key);
  }
  const kept = sessionStorage.getItem(key);
  if (!kept || field.value) return;
  field.value = kept;
  const box = form.closest("details");
  if (box) box.open = true;
}

export function restoreDrafts(root = document) {
  all("form[data-action]", root).forEach(restore);
}

export function keepDrafts() {
  forgetOthers();
  document.addEventListener("huhang-fresh", (event) => restoreDrafts(event.target));
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-action]");
    if (form && event.target.tagName === "TEXTAREA") sessionStorage.setItem(keyOf(form), event.target.value);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.action) sessionStorage.setItem(keyOf(event.target) + ":sent", "1");
  });
}
