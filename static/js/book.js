// Booking and offering: places while one types, on the map, or where this phone is; prices while one still thinks.
// Without scripts every field is there, places are typed, and prices come with their own button.
import { combobox, whenLeft, write } from "./parts/combobox.js";
import { hearOwn } from "./parts/own.js";
import { preparePicker } from "./parts/picker.js";

const PRICES_MS = 400;
const ANSWER_MS = 5000; // who waits longer is better served by typing on
const AGAIN_MS = 1000; // after an answer that did not come; twice as long after each
const TRIES = 5;
const form = document.querySelector("form[data-book], form[data-ends]");
const pick = document.querySelector("[data-pick]");
// Both ends of a way, or the one place that somebody keeps.
const ENDS = form ? [...form.querySelectorAll("[data-place]")].map((each) => each.dataset.place) : [];
const field = (name) => form.querySelector("[name=" + name + "]");

let map = null;
let wanted = ""; // the end that a tap on the map is for
const moves = { origin: 0, destination: 0, place: 0 }; // how often each was set: a later answer changes nothing

function point(name) {
  const [lat, lng] = [field(name + "_lat").value, field(name + "_lon").value];
  return lat && lng ? { lat: Number(lat), lng: Number(lng) } : null;
}

function setPoint(name, at, words) {
  moves[name] += 1;
  write(field(name), words);
  field(name + "_lat").value = at ? at.lat.toFixed(6) : "";
  field(name + "_lon").value = at ? at.lng.toFixed(6) : "";
  tidy();
}

// Posted, not asked for by an address: where somebody is stands in no log.
async function ask(said) {
  const body = new FormData();
  const known = { csrfmiddlewaretoken: field("csrfmiddlewaretoken").value, city: field("city").value, ...said };
  Object.entries(known).forEach(([name, value]) => body.append(name, value));
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(form.querySelector("[data-places]").dataset.places, { method: "POST", body, signal });
  return answer.ok ? answer.text() : null;
}

// How a point is called, by the names of the map.
async function wordsOf(at) {
  const html = await ask({ lat: at.lat.toFixed(6), lon: at.lng.toFixed(6) }).catch(() => null);
  const found = new DOMParser().parseFromString(html || "", "text/html").querySelector("[data-name]");
  return found?.dataset.name || pick?.dataset.point;
}

// A point that was tapped, moved to, or that this phone said: at once with its price, its words come a moment later.
async function choose(name, at, { drawn = false, byItself = false } = {}) {
  setPoint(name, at, pick?.dataset.point);
  const mine = moves[name];
  if (!drawn) map?.mark(name, at);
  prices();
  const words = await wordsOf(at);
  whenLeft(field(name), byItself, () => { if (mine === moves[name]) write(field(name), words); });
}

// "refused", or nothing where the place is known.
function sayWithoutPlace(what) {
  form.querySelectorAll("[data-no-place]").forEach((el) => { el.hidden = el.dataset.noPlace !== what; });
}

// Where this phone is, unless somebody was quicker to say where they start.
function here(name, { byItself = false } = {}) {
  const before = moves[name];
  navigator.geolocation?.getCurrentPosition(({ coords }) => {
    whenLeft(field(name), byItself, () => {
      if (before !== moves[name]) return;
      sayWithoutPlace("");
      choose(name, { lat: coords.latitude, lng: coords.longitude }, { byItself });
    });
  }, () => { if (before === moves[name]) sayWithoutPlace("refused"); }, { enableHighAccuracy: true, timeout: 10000 });
}

let asked = 0;
let timer = 0;

function drawWay() {
  const drawn = document.getElementById("way-drawn");
  map?.way(drawn ? JSON.parse(drawn.textContent) : []);
}

// What was shown is of another way now. It keeps its room, so that nothing jumps.
function hideOld(holder) {
  holder.querySelectorAll("strong, .minutes, [data-way]").forEach((el) => { el.style.visibility = "hidden"; });
  holder.querySelector("#way-drawn")?.remove();
  const says = form.querySelector("[data-way-says]");
  if (says) says.textContent = "";
}

// An answer that was overtaken is not shown; one that does not come is asked for again.
async function askPrices(holder, turn, tried) {
  const body = new FormData(form);
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(holder.dataset.prices, { method: "POST", body, signal }).catch(() => null);
  const html = answer?.ok ? await answer.text().catch(() => null) : null;
  if (turn !== asked) return;
  if (html === null) {
    const mayCome = tried < TRIES && (!answer || answer.ok || answer.status >= 500);
    if (mayCome) timer = setTimeout(() => askPrices(holder, turn, tried + 1), AGAIN_MS * 2 ** tried);
    return;
  }
  const focused = holder.contains(document.activeElement) ? document.activeElement.id : "";
  const line = form.querySelector("[name=line]:checked")?.value; // it may have been chosen meanwhile
  holder.innerHTML = html;
  if (line) form.querySelector(`[name=line][value="${line}"]`).checked = true;
  if (focused) document.getElementById(focused)?.focus();
  const says = form.querySelector("[data-way-says]");
  if (says) says.textContent = holder.querySelector("[data-way]")?.innerText || "";
  drawWay();
}

// What it would cost, a moment after the last change.
function prices() {
  clearTimeout(timer);
  const holder = form.querySelector("[data-prices]");
  if (!holder) return;
  asked += 1;
  const turn = asked;
  hideOld(holder);
  if (!field("origin").value || !field("destination").value) return;
  timer = setTimeout(() => askPrices(holder, turn, 0), PRICES_MS);
}

const show = (box, wish) => { if (box) box.hidden = !wish; };

function tidy() {
  show(form.querySelector("[data-when]"), form.querySelector("[name=when]:checked")?.value === "later");
  show(form.querySelector("[data-rider]"), form.querySelector("[name=rider_kind]:checked")?.value !== "self");
  show(form.querySelector(".chips"), !field("destination")?.value);
  show(form.querySelector("[data-kind-named]"), form.querySelector("[name=kind]:checked")?.value === "named");
}

// A place that was chosen by its name.
function take(name, { lat, lon, name: words }) {
  const at = { lat: Number(lat), lng: Number(lon) };
  setPoint(name, at, words);
  map?.mark(name, at);
  prices();
}

function prepareField(name) {
  const input = field(name);
  input.addEventListener("focus", () => { wanted = name; });
  input.addEventListener("input", () => {
    setPoint(name, null, input.value);
    map?.mark(name, null);
    prices();
  });
  combobox(input, {
    ask: (place) => ask({ place, field: name }),
    chosen: ({ dataset }) => {
      if ("here" in dataset) here(name);
      else take(name, dataset);
    },
  });
}

async function prepareMap() {
  map = await preparePicker(pick, {
    next: () => {
      if (ENDS.length === 1) return ENDS[0];
      const name = wanted || (field("origin").value ? "destination" : "origin");
      wanted = name === "origin" && !field("destination").value ? "destination" : name;
      return name;
    },
    chosen: (name, at) => choose(name, at, { drawn: true }),
  });
  ENDS.forEach((name) => { if (point(name)) map?.mark(name, point(name)); });
  drawWay();
}

// Where this phone is, at once where the browser may know it already; nobody is asked before they want it.
async function beginHere() {
  const may = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  if (may?.state === "granted" && !field("origin").value) here("origin", { byItself: true });
}

function prepare() {
  ENDS.forEach(prepareField);
  // A key that is held down would run from the last field to the button.
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.repeat) event.preventDefault(); });
  if (pick) prepareMap();
  form.addEventListener("change", ({ target }) => {
    if (target.name !== "line" && !ENDS.includes(target.name)) prices();
  });
  form.addEventListener("change", tidy);
  tidy();
  if (!form.matches("[data-book]")) return;
  hearOwn(form, () => wanted, take);
  show(form.querySelector("[data-noscript]"), false);
  if (!document.getElementById("way-drawn")) prices(); // what came with the page stays, and what it says was wrong
  beginHere();
}

if (form) prepare();
