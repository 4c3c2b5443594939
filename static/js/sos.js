// The page after a call for help: the agent hears what happens, and the SMS carries the newest position.
import { keepPacketsFresh } from "./parts/packet.js";
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

document.querySelectorAll("[data-sound]").forEach(letThemHear);
keepPacketsFresh();
