// One rule for everything that stays true by itself: a part (`data-part`, with an id) of a page follows names, its own
// or those of what it stands in (`data-follows`). When one of them changed, the page, or the part's own address
// (`data-from`), is fetched once, and each part that differs takes the place of its old self, unless a hand is on it.
// Parts that come and go stand in a box (`data-parts`, with an id): those that are new there are put in.
import { keepFocus } from "./focus.js";
import { isHeld, openBoxes, watchHands } from "./hand.js";
import { all } from "./page.js";

const CALM_MS = 1000; // between two fetches of one address
const OVERLAP_MS = 2000; // a change so shortly before the page was made may not be on it
const OFFLINE_S = 15; // how often a page looks by itself while nobody tells it anything
const served = new WeakMap(); // part → { text, opened }
const handled = new Map(); // name → when it changed last, as we were told
const fetches = new Map(); // address → { running, again, last }
const missed = new Set(); // names that changed while nobody saw the page

const namesOf = (el) => (el.closest("[data-follows]")?.dataset.follows || "").split(/\s+/).filter(Boolean);
const parts = () => all("[data-part][id]");
// A refused form is drawn at the address that acts; the page's own stands on its frame.
const addressOf = (part) => part.dataset.from || part.closest("[data-address]")?.dataset.address || "";

// Names that this page wants to be told of, notes (`data-new`) too.
export function followed() {
  return [...new Set([...parts(), ...all("[data-follows]")].flatMap(namesOf))];
}

// What a page says the same way each time: without the token that each answer masks anew.
const textOf = (part) => part.outerHTML.replace(/(csrfmiddlewaretoken"\s+value=")[^"]*/g, "$1");

function remember(part, text) {
  served.set(part, { text, opened: new Set(openBoxes(part)) });
}

function say(part) {
  if (part.querySelector("[data-newer-note]")) return;
  const words = document.querySelector("template[data-newer]");
  if (words) part.prepend(words.content.cloneNode(true));
}

// Scripts that came with an answer do not run: those that the page has not yet are asked for.
function bringScripts(part) {
  all("script[src]", part).forEach((script) => {
    const known = all("script[src]").some((each) => each !== script && each.src === script.src);
    if (known) return;
    const fresh = document.createElement("script");
    fresh.type = "module";
    fresh.src = script.src;
    document.head.append(fresh);
  });
}

function arrive(fresh, text, before) {
  remember(fresh, text);
  window.htmx.process(fresh);
  bringScripts(fresh);
  fresh.dispatchEvent(new CustomEvent("huhang-fresh", { bubbles: true, detail: { before } }));
}

function swap(part, fresh, text) {
  const scrolled = all(".timeline, .scroll", part).map((el) => el.scrollTop);
  const focus = keepFocus(part);
  part.replaceWith(fresh);
  all(".timeline, .scroll", fresh).forEach((el, at) => { el.scrollTop = scrolled[at] || 0; });
  arrive(fresh, text, part);
  focus(fresh);
}

function take(part, fresh, forced) {
  const text = textOf(fresh);
  const before = served.get(part);
  if (before && before.text === text) {
    part.querySelector("[data-newer-note]")?.remove(); // it is as it was again
    return;
  }
  if (!forced && isHeld(part, before ? before.opened : new Set())) say(part);
  else swap(part, document.adoptNode(fresh), text);
}

// Parts of a box that came since, each behind the one that it follows, and away with those that are gone; one that a
// hand is on says that the page has none like it any more.
function arrange(box, page, forced) {
  const fresh = page.getElementById(box.id);
  if (!fresh) return;
  all(":scope > [data-part][id]", box).filter((part) => !page.getElementById(part.id)).forEach((part) => {
    const held = part.id !== forced && isHeld(part, served.get(part)?.opened || new Set());
    if (held) say(part);
    else part.remove();
  });
  let behind = null;
  all(":scope > [id]", fresh).forEach((part) => {
    let here = document.getElementById(part.id);
    if (!here && part.matches("[data-part]")) {
      const text = textOf(part);
      here = document.adoptNode(part);
      if (behind) behind.after(here);
      else box.prepend(here);
      arrive(here, text, null);
    }
    behind = here || behind;
  });
}

async function load(address, forced) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Boxes first: a part that is taken out of the answer stands in it no more.
  all("[data-parts][id]").filter((box) => addressOf(box) === address).forEach((box) => arrange(box, page, forced));
  parts().filter((part) => addressOf(part) === address).forEach((part) => {
    const fresh = page.getElementById(part.id);
    if (fresh) take(part, fresh, forced === part.id);
  });
}

// One at a time for each address; what changes meanwhile makes it fetch once more.
async function look(address, forced = "") {
  const state = fetches.get(address) || { running: false, again: false, last: 0, forced: "" };
  fetches.set(address, state);
  state.forced = forced || state.forced; // what somebody asked to see, also while another fetch is on its way
  if (state.running) {
    state.again = true;
    return;
  }
  state.running = true;
  await new Promise((ready) => { setTimeout(ready, Math.max(0, state.last + CALM_MS - Date.now())); });
  state.again = false;
  const asked = state.forced;
  state.forced = "";
  try {
    await load(address, asked);
  } catch { /* no network: the next change, or the clock, asks again */ }
  state.last = Date.now();
  state.running = false;
  if (state.again) look(address);
}

function lookFor(chosen) {
  new Set(chosen.map(addressOf)).forEach((address) => look(address));
}

function told(changed, made) {
  const news = Object.keys(changed).filter((name) => {
    const first = !handled.has(name);
    const differs = handled.get(name) !== changed[name];
    handled.set(name, changed[name]);
    return differs && (!first || changed[name] > made - OVERLAP_MS);
  });
  if (!news.length) return;
  if (document.hidden) news.forEach((name) => missed.add(name));
  else lookFor(parts().filter((part) => namesOf(part).some((name) => news.includes(name))));
  // A list does not jump under the mouse: it says that there is something new.
  const notes = all("[data-new]").filter((note) => namesOf(note).some((name) => news.includes(name)));
  notes.forEach((note) => { note.hidden = false; });
}

function lookByItself() {
  let passed = 0;
  setInterval(() => {
    passed += 1;
    if (document.hidden) return;
    const due = (part) => {
      const every = Number(part.closest("[data-every]")?.dataset.every || 0);
      const offline = document.body.dataset.untold === "1";
      return (every && passed % every === 0) || (offline && passed % OFFLINE_S === 0);
    };
    lookFor(parts().filter(due));
  }, 1000);
}

export function followChanges() {
  if (!document.querySelector("[data-bar]")) return;
  const made = Number(document.querySelector("[data-made]").dataset.made) * 1000;
  parts().forEach((part) => remember(part, textOf(part)));
  watchHands();
  document.addEventListener("huhang-changed", (event) => told(event.detail, made));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !missed.size) return;
    lookFor(parts().filter((part) => namesOf(part).some((name) => missed.has(name))));
    missed.clear();
  });
  document.addEventListener("click", (event) => {
    const part = event.target.closest("[data-newer-show]")?.closest("[data-part]");
    if (part) look(addressOf(part), part.id);
  });
  // Once the hand has gone, what waited comes.
  document.addEventListener("focusout", () => {
    setTimeout(() => lookFor(parts().filter((part) => part.querySelector("[data-newer-note]"))), CALM_MS);
  });
  lookByItself();
}
