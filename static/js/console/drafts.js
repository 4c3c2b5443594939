// Drafts: kept in this window alone and for who writes them, put back after a refusal, gone when it was sent.
import { all } from "./page.js";

// What rings stands above the content, and says nothing of what was sent.
const REFUSED = "#content :is(.errornote, .errorlist, [data-refused], [role=alert])";

const DRAFT = "draft:";
const SENT = ":sent"; // behind a draft's key: the page from which it was sent
const mine = () => DRAFT + (document.querySelector("[data-bar]")?.dataset.reader || "") + ":";
const keyOf = (form) => mine() + form.getAttribute("action");
const pathOf = (address) => new URL(address, window.location.href).pathname;

// Who signed in after a session had only ended does not find what the one before had begun.
function forgetOthers() {
  const others = Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT) && !key.startsWith(mine()));
  others.forEach((key) => sessionStorage.removeItem(key));
}

// A refusal stands at the address that acts; what was done leads on from there at once. Whatever else comes (the page
// again without a network, another person's sign-in on the way) says nothing of it, and the words stay.
function wasDone(action, from) {
  const [came] = performance.getEntriesByType("navigation");
  if (came?.type === "back_forward") return false;
  if (window.location.pathname === pathOf(action)) {
    return came?.responseStatus ? came.responseStatus < 400 : !document.querySelector(REFUSED);
  }
  return came?.redirectCount !== 0 && Boolean(document.referrer) && pathOf(document.referrer) === from;
}

// Asked once a page, whatever forms stand on it: what was done may lead to another one.
function forgetDone() {
  Object.keys(sessionStorage).filter((key) => key.startsWith(mine()) && key.endsWith(SENT)).forEach((key) => {
    const draft = key.slice(0, -SENT.length);
    if (wasDone(draft.slice(mine().length), sessionStorage.getItem(key))) sessionStorage.removeItem(draft);
    sessionStorage.removeItem(key);
  });
}

function restore(form) {
  const field = form.querySelector("textarea");
  if (!field) return;
  const kept = sessionStorage.getItem(keyOf(form));
  if (!kept || field.value) return;
  field.value = kept;
  const box = form.closest("details");
  if (box) box.open = true;
}

function restoreAll(root) {
  all("form[data-action]", root).forEach(restore);
}

export function restoreDrafts() {
  forgetDone();
  restoreAll(document);
}

export function keepDrafts() {
  forgetOthers();
  document.addEventListener("huhang-fresh", (event) => restoreAll(event.target));
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-action]");
    if (form && event.target.tagName === "TEXTAREA") sessionStorage.setItem(keyOf(form), event.target.value);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.action) sessionStorage.setItem(keyOf(event.target) + SENT, window.location.pathname);
  });
}
