// The pages of a trip and of a driver on duty.
import { allowSound, announce } from "./parts/announce.js";
import { stayAwake } from "./parts/awake.js";
import { keepPlaceReady } from "./parts/here.js";
import { keepSos } from "./parts/kept.js";
import { listenForChanges } from "./parts/live.js";
import { helpWithoutNetwork } from "./parts/offline.js";
import { fillPackets } from "./parts/packet.js";
import { sendPositions } from "./parts/positions.js";

const SIGNS = { on: "●", wait: "…" };

function showRecording(what) {
  document.querySelectorAll("[data-record-state]").forEach((el) => { el.textContent = SIGNS[what] || "○"; });
}

// An element of the page says that both sides agreed, or that its own call for help lives: the agent hears on.
let sound = null;

function asked() {
  return ["[data-sos-sound]", "[data-record]"].map((each) => document.querySelector(each));
}

async function recordTrip() {
  if (!sound && !asked().some(Boolean)) return;
  sound ??= import("./sound/recorder.js");
  const { record, recordingFor, stopRecording } = await sound.catch((error) => {
    sound = null; // the next part of the page asks again
    throw error;
  });
  const [sos, wanted] = asked();
  const purpose = sos ? "sos" : "trip";
  if (!sos && !wanted) stopRecording();
  else if (recordingFor() !== purpose) {
    stopRecording();
    const { trip, sosSound, record: key = sosSound, spoken } = (sos || wanted).dataset;
    record({ trip, key, purpose, spoken, told: showRecording });
  }
}

document.querySelectorAll("[data-live]").forEach(listenForChanges);
document.querySelectorAll("[data-recording], [data-care]").forEach((part) => {
  part.addEventListener("htmx:afterSettle", recordTrip);
});
document.addEventListener("htmx:afterSettle", sendPositions);
sendPositions();
helpWithoutNetwork();
let here = null;

// The link of the SMS comes with a part of the page, before or after the first position.
function fillSms() {
  if (here) fillPackets(here).then(() => keepSos());
}

keepPlaceReady((place) => {
  here = place;
  fillSms();
});
stayAwake();
allowSound();
announce();
// What shows a button to few comes after the page, and the page is whole without it.
if (document.querySelector("[data-screen]")) {
  import("./parts/screen.js").then((part) => part.offerScreen()).catch(() => {});
}
document.addEventListener("htmx:afterSettle", () => {
  keepSos();
  fillSms();
  stayAwake();
  announce();
});
