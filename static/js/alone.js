// The page without a network: SOS of the trip that this phone was in, which goes out by itself as soon as it can, its
// SMS with the newest place, and back to where one was when the network is there again.
import { keepPlaceReady } from "./parts/here.js";
import { keptSos, keptTap } from "./parts/kept.js";
import { helpWithoutNetwork } from "./parts/offline.js";
import { fillPackets } from "./parts/packet.js";

function showTrip({ action, key, packet, secret, party, number, sms }) {
  const bar = document.querySelector("[data-trip]");
  document.querySelector("main").after(bar.content);
  const form = document.querySelector(".sosbar form");
  form.action = action;
  form.elements.key.value = key;
  const link = document.querySelector("[data-sms]");
  link.hidden = false;
  Object.assign(link.dataset, { packet, secret, party, number });
  link.href = sms;
}

let tapped = Boolean(keptTap()); // then the call for help goes first, and brings its own page

async function lookAgain() {
  if (tapped) return;
  try {
    const answer = await fetch("/health/live", { cache: "no-store" });
    if (answer.ok && !tapped) window.location.replace(window.location.href);
  } catch {
    // Still alone.
  }
}

const kept = keptSos();
if (kept) showTrip(kept);
helpWithoutNetwork();
document.addEventListener("submit", () => { tapped = true; });
keepPlaceReady(fillPackets);
window.addEventListener("online", lookAgain);
setInterval(lookAgain, 5000);
