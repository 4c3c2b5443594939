// The pages of a trip and of a driver on duty: positions, changes as they happen, the recording of the whole trip, and
// help without a network.
import { listenForChanges } from "./parts/live.js";
import { helpWithoutNetwork } from "./parts/offline.js";
import { keepPacketsFresh } from "./parts/packet.js";
import { sendPositions } from "./parts/positions.js";
import { isRecording, record, stopRecording } from "./sound/recorder.js";

const SIGNS = { on: "●", wait: "…" };

function showRecording(what) {
  document.querySelectorAll("[data-record-state]").forEach((el) => { el.textContent = SIGNS[what] || "○"; });
}

// The page says by an element of its own that both sides agreed and somebody is aboard.
function recordTrip() {
  const wanted = document.querySelector("[data-record]");
  if (!wanted) {
    stopRecording();
    return;
  }
  if (isRecording()) return;
  const { trip, record: key, spoken } = wanted.dataset;
  record({ trip, key, purpose: "trip", spoken, told: showRecording });
}

document.querySelectorAll("[data-live]").forEach(listenForChanges);
document.querySelectorAll("[data-recording]").forEach((part) => part.addEventListener("htmx:afterSettle", recordTrip));
document.addEventListener("htmx:afterSettle", sendPositions);
sendPositions();
helpWithoutNetwork();
keepPacketsFresh();
