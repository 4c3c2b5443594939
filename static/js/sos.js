// The page after a call for help: it goes on with all that the trip's page did, and is never loaded anew. The agent
// hears what happens and follows where it is, both write to each other, and the SMS carries the newest position.
import { stayAwake } from "./parts/awake.js";
import { keepPlaceReady } from "./parts/here.js";
import { keepSos } from "./parts/kept.js";
import { listenForChanges } from "./parts/live.js";
import { helpWithoutNetwork } from "./parts/offline.js";
import { fillPackets } from "./parts/packet.js";
import { sendPositions } from "./parts/positions.js";
import { closeShown } from "./parts/shown.js";
import { writeToAgent } from "./parts/words.js";
import { isRecording, record } from "./sound/recorder.js";

function letThemHear(card) {
  const state = card.querySelector("[data-sound-state]");
  const button = card.querySelector("[data-sound-begin]");
  const told = (what) => {
    state.textContent = card.dataset[what];
    state.className = "state " + (what === "on" ? "good" : "wait");
    button.hidden = what === "on" || what === "wait";
  };
  const start = () => {
    if (!isRecording()) record({ trip: card.dataset.trip, key: card.dataset.sound, purpose: "sos", told });
  };
  button.addEventListener("click", start);
  start();
}

document.querySelectorAll("[data-live]").forEach(listenForChanges);
sendPositions();
keepPlaceReady((place) => fillPackets(place).then(() => keepSos()));
stayAwake();
helpWithoutNetwork();
writeToAgent();
closeShown(() => true); // the lock screen says nothing of the trip any more
document.querySelectorAll("[data-sound]").forEach(letThemHear);
