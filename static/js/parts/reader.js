// Whose page this is (`data-reader`, empty where nobody is signed in), told to the other pages of this browser. One
// of somebody who signed out by a tap, or in whose place another account is, goes. A session that only ended takes
// nothing: its owner may be writing here.
import { keptSos, leave } from "./kept.js";
import { closeShown } from "./shown.js";

const readerOf = (root = document) => root.documentElement.dataset.reader;

export function tellReader(reader, gone) {
  if (reader === undefined || !window.BroadcastChannel) return;
  const pages = new BroadcastChannel("huhang-reader");
  let left = false;
  pages.onmessage = ({ data }) => {
    if (!reader) return;
    if (data.leaves === reader) left = true;
    else if (data.reader !== undefined && data.reader !== reader && (left || data.reader)) gone();
  };
  pages.postMessage({ reader });
  document.querySelectorAll("form[action='/sign-out/'], form[action='/admin/logout/']").forEach((form) => {
    form.addEventListener("submit", () => {
      pages.postMessage({ leaves: reader });
      closeShown(() => true);
    });
  });
}

// What a phone kept for somebody else's call is not this reader's.
export function forgetOthers(reader) {
  const before = keptSos()?.reader;
  if (reader && before && before !== reader) leave();
}

// A sign-in turns the token of forms: what was typed is sent with the new one.
export function takeToken(token) {
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((el) => { el.value = token; });
  document.querySelectorAll("[hx-headers]").forEach((el) => {
    const said = { ...JSON.parse(el.getAttribute("hx-headers")), "X-CSRFToken": token };
    el.setAttribute("hx-headers", JSON.stringify(said));
  });
}

export function knowReader() {
  const reader = readerOf();
  if (reader === undefined) return;
  forgetOthers(reader);
  tellReader(reader, () => window.location.reload());
  closeShown(({ data }) => data?.reader !== reader);
}
