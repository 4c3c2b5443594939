// Words for the agent, that the phone must not ring, that 110 shall come, a further tap on SOS: sent without loading
// the page anew, again and again until it has arrived, also from the next page. What staff wrote is reported as shown
// once it is on a screen that somebody can see.
import { forgetTap, keepTap } from "./kept.js";
import { forgetWords, keepWords } from "./kept_words.js";
import { wait } from "./wait.js";

const AGAIN_MS = 2000;

// htmx sends a button's value only where it saw the button pressed, and forgets it once the finger is elsewhere.
const press = (button, form) => (button ? button.click() : form.requestSubmit());

// Kept from the moment in which it is sent: an answer that never comes does not end its page's life.
function outlive(form, { formData }) {
  const body = new URLSearchParams(formData);
  const action = form.getAttribute("action");
  if (form.matches("[data-tap]")) keepTap(action, body.get("key"));
  else if (form.matches("[data-ask]") || ["words", "phrase", "silent"].some((name) => body.get(name)?.trim())) {
    keepWords(action, body.toString());
  }
}

function arrived(form, { formData }) {
  if (form.matches("[data-tap]")) forgetTap();
  else forgetWords(form.getAttribute("action"), new URLSearchParams(formData).toString());
}

const isForLater = ({ successful, xhr }) => !successful && (xhr.status === 0 || xhr.status >= 500);

function sendUntilArrived(form) {
  const unsent = form.querySelector("[data-unsent]");
  const words = form.querySelector("textarea");
  let sent = "";
  form.addEventListener("htmx:beforeRequest", ({ detail: { requestConfig } }) => {
    sent = words?.value;
    outlive(form, requestConfig);
  });
  form.addEventListener("htmx:afterRequest", async (event) => {
    const { successful, requestConfig } = event.detail;
    const later = isForLater(event.detail);
    unsent.hidden = !later;
    if (successful && words && words.value === sent) words.value = "";
    if (!later) {
      arrived(form, requestConfig);
      return;
    }
    const button = event.detail.requestConfig.triggeringEvent?.submitter;
    await wait(AGAIN_MS);
    press(button, form);
  });
}

// These come anew with the page's part, also while they wait to be sent again: it is the one that stands there then.
const ANEW = ["[data-silence]", "[data-ask]"];

const kindOf = (form) => ANEW.find((each) => form.matches(each));

function againUntilArrived() {
  document.addEventListener("htmx:beforeRequest", ({ target, detail: { requestConfig } }) => {
    if (!kindOf(target)) return;
    target.querySelector("[data-unsent]").hidden = true;
    outlive(target, requestConfig);
  });
  document.addEventListener("htmx:afterRequest", async ({ detail }) => {
    // Not the event's target: its answer has taken the form's place, and what stands around it says so.
    const { elt: form, triggeringEvent } = detail.requestConfig;
    const kind = kindOf(form);
    if (!kind) return;
    if (!isForLater(detail)) {
      arrived(form, detail.requestConfig);
      return;
    }
    form.querySelector("[data-unsent]").hidden = false;
    await wait(AGAIN_MS);
    const value = triggeringEvent?.submitter?.value ?? "";
    [...document.querySelectorAll(`form${kind} button`)].find((each) => each.value === value)?.click();
  });
}

let reported = 0;

function reportShown(part, key) {
  if (document.hidden) return;
  const last = Math.max(0, ...[...part.querySelectorAll("[data-written]")].map((el) => Number(el.dataset.written)));
  if (last <= reported) return;
  const before = reported;
  reported = last;
  fetch(part.dataset.shown, { method: "POST", body: new URLSearchParams({ key, last }) })
    .then((answer) => { if (!answer.ok) reported = before; })
    .catch(() => { reported = before; });
}

// The part comes anew every few seconds: what she opened of it stays open.
function keepOpened(part) {
  let opened = false;
  const box = () => part.querySelector("[data-earlier]");
  part.addEventListener("htmx:beforeSwap", () => { opened = Boolean(box()?.open); });
  part.addEventListener("htmx:afterSwap", () => { box()?.toggleAttribute("open", opened); });
}

export function writeToAgent() {
  document.querySelectorAll("form[data-words], form[data-tap]").forEach(sendUntilArrived);
  againUntilArrived();
  document.querySelectorAll("[data-shown]").forEach((part) => {
    keepOpened(part);
    const report = () => reportShown(part, part.dataset.live);
    ["htmx:afterSettle", "visibilitychange"].forEach((name) => document.addEventListener(name, report));
    report();
  });
}
