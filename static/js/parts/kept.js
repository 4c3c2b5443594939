// What a phone needs to call for help when the page of the trip is gone and no other comes: which trip, its keys, and
// the number of the SMS; and what has not arrived yet. It stays in this browser until the trip is over, somebody signs
// out, or half a day has passed; what arrived is gone at once.
const NAME = "huhang-sos";
const TAP = "huhang-sos-tap";
const WORDS = "huhang-sos-words";
const LASTS_MS = 12 * 60 * 60 * 1000;

// From the page of a trip or of a call: the form of SOS, and the link of the SMS that may come a moment later.
export function keepSos(page = document) {
  const form = page.querySelector("form[action*='/trips/'][action$='/sos/']");
  const link = page.querySelector("[data-packet]");
  if (!form || !link) return;
  const { packet, secret, party, number } = link.dataset;
  const [action, key] = [form.getAttribute("action"), form.elements.key?.value || ""];
  const kept = { action, key, packet, secret, party, number, sms: link.href, until: Date.now() + LASTS_MS };
  try {
    localStorage.setItem(NAME, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing has the page itself.
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
    // Not ours, or not readable: as if nothing was kept.
  }
  forget(name);
  return null;
}

export const keptSos = () => keptAs(NAME);

// A tap on SOS that has not arrived yet. It outlives its page: she loads it anew, or the phone puts the browser away,
// and whichever page of ours comes next sends it.
export function keepTap(action, key) {
  try {
    localStorage.setItem(TAP, JSON.stringify({ action, key, until: Date.now() + LASTS_MS }));
  } catch {
    // The page that was tapped on sends it for as long as it lives.
  }
}

export const forgetTap = () => forget(TAP);
export const keptTap = () => keptAs(TAP);

// What was written to the agent, or whether the phone may ring, until it has arrived; `body` is the form as sent.
export function keptWords() {
  try {
    const kept = JSON.parse(localStorage.getItem(WORDS) || "[]").filter(({ until }) => until > Date.now());
    if (kept.length) return kept;
  } catch {
    // As of a tap.
  }
  forget(WORDS);
  return [];
}

function storeWords(kept) {
  if (!kept.length) {
    forget(WORDS);
    return;
  }
  try {
    localStorage.setItem(WORDS, JSON.stringify(kept));
  } catch {
    // As of a tap.
  }
}

// By what two are one.
function nameOf(body) {
  const said = new URLSearchParams(body);
  return said.has("silent") ? "silent" : said.get("submission") || body;
}

// The last one takes the place of those before it.
export function keepWords(action, body) {
  const name = nameOf(body);
  const before = keptWords().filter((each) => each.action !== action || nameOf(each.body) !== name);
  storeWords([...before, { action, body, until: Date.now() + LASTS_MS }]);
}

export function forgetWords(action, body) {
  storeWords(keptWords().filter((each) => each.action !== action || each.body !== body));
}

function forgetSos() {
  forget(NAME);
  forgetTap();
  forget(WORDS);
}

// Signed out, or on the page of a trip that has no SOS any more: it is over.
export function forgetWhenOver() {
  document.querySelector("form[action='/sign-out/']")?.addEventListener("submit", forgetSos);
  const kept = keptSos();
  if (!kept || document.querySelector("form[action$='/sos/'], [data-packet]")) return;
  if (window.location.pathname === kept.action.replace(/sos\/$/, "")) forgetSos();
}
