// What a phone needs to call for help when the page of the trip is gone and no other comes: which trip, its keys, and
// the number of the SMS. It stays in this browser until the trip is over, somebody signs out, or half a day has passed.
const NAME = "huhang-sos";
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

export function forgetSos() {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // Nothing was kept.
  }
}

// What was kept, or null; what is too old is forgotten.
export function keptSos() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) || "null");
    if (kept && kept.until > Date.now()) return kept;
  } catch {
    // Not ours, or not readable: as if nothing was kept.
  }
  forgetSos();
  return null;
}

// Signed out, or on the page of a trip that has no SOS any more: it is over.
export function forgetWhenOver() {
  document.querySelector("form[action='/sign-out/']")?.addEventListener("submit", forgetSos);
  const kept = keptSos();
  if (!kept || document.querySelector("form[action$='/sos/'], [data-packet]")) return;
  if (window.location.pathname === kept.action.replace(/sos\/$/, "")) forgetSos();
}
