// What a phone needs to call for help when its page is gone: until the trip is over, somebody signs out, or half a day
// has passed. What has not arrived yet stays until it has, or half a day; it is tried once more at sign-out.
const NAME = "huhang-sos";
const TAP = "huhang-sos-tap";
const WORDS = "huhang-sos-words";
const LASTS_MS = 12 * 60 * 60 * 1000;

function keepAs(name, what) {
  try {
    localStorage.setItem(name, JSON.stringify({ ...what, until: Date.now() + LASTS_MS }));
  } catch {
    document.documentElement.dataset.keepsNothing = ""; // its page says so
  }
}

function forget(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // Nothing was kept.
  }
}

// What was kept, or null; what is too old is forgotten.
function keptAs(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(name) || "null");
    if (kept && kept.until > Date.now()) return kept;
  } catch {
    // Not readable: nothing was kept.
  }
  forget(name);
  return null;
}

// From the page of a trip or of a call: the form of SOS, and the link of the SMS that may come a moment later.
export function keepSos(page = document) {
  const form = page.querySelector("form[action*='/trips/'][action$='/sos/']");
  const link = page.querySelector("[data-packet]");
  if (!form || !link) return;
  const { packet, secret, party, number } = link.dataset;
  const [action, key] = [form.getAttribute("action"), form.elements.key?.value || ""];
  const { reader } = page.documentElement?.dataset || {};
  keepAs(NAME, { action, key, packet, secret, party, number, sms: link.href, reader });
}

export const keptSos = () => keptAs(NAME);

// A tap on SOS outlives its page: whichever page of ours comes next sends it.
export const keepTap = (action, key) => keepAs(TAP, { action, key });
export const forgetTap = () => forget(TAP);
export const keptTap = () => keptAs(TAP);

// Words to the agent: see `kept_words.js`.
export const keptWords = () => keptAs(WORDS)?.said || [];
export const storeWords = (said) => (said.length ? keepAs(WORDS, { said }) : forget(WORDS));

// Nobody who comes next reads what she wrote.
export function leave() {
  const tap = keptTap();
  if (tap) navigator.sendBeacon?.(tap.action, new URLSearchParams({ key: tap.key }));
  keptWords().forEach(({ action, body }) => navigator.sendBeacon?.(action, new URLSearchParams(body)));
  [NAME, WORDS].forEach(forget);
}

// Signed out, or on the page of a trip that has no SOS any more: it is over, but for what has not arrived yet.
export function forgetWhenOver() {
  document.querySelector("form[action='/sign-out/']")?.addEventListener("submit", leave);
  const kept = keptSos();
  if (!kept || document.querySelector("form[action$='/sos/'], [data-packet]")) return;
  if (window.location.pathname === kept.action.replace(/sos\/$/, "") && !keptTap()) forget(NAME);
}
