// Every page of people: ticking clocks, buttons, places. Everything works without it.
import { prepareButtons, preparePrinting } from "./parts/buttons.js";
import { tick } from "./parts/clock.js";
import { fillHere, fillPlace } from "./parts/places.js";
import { letHandsBe } from "./parts/hands.js";
import { forgetWhenOver } from "./parts/kept.js";
import { sendKeptTap, sendKeptWords } from "./parts/offline.js";

fillPlace();
fillHere();
prepareButtons(document);
preparePrinting();
letHandsBe();
forgetWhenOver();
sendKeptTap();
sendKeptWords();
// What a phone shows without a network; those who work here have no use for it.
if (!/^\/(admin|police)\//.test(window.location.pathname)) {
  navigator.serviceWorker?.register("/service-worker.js").catch(() => {}); // without it the page itself has the help
}
tick();
setInterval(tick, 1000);
document.addEventListener("htmx:afterSettle", (event) => {
  prepareButtons(event.target);
  tick();
});
