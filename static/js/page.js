// All works without it.
import { prepareButtons, preparePrinting } from "./parts/buttons.js";
import { tick } from "./parts/clock.js";
import { letHandsBe } from "./parts/hands.js";
import { forgetWhenOver, keptWords } from "./parts/kept.js";
import { sendKeptTap } from "./parts/offline.js";

// Few forms ask for a place.
if (document.querySelector("[data-here-lat], [data-latitude]")) {
  import("./parts/places.js").then((part) => part.fillPlaces()).catch(() => {});
}
prepareButtons(document);
preparePrinting();
letHandsBe();
forgetWhenOver();
import("./parts/reader.js").then((part) => part.knowReader()).catch(() => {});
sendKeptTap();
if (keptWords().length) import("./parts/kept_words.js").then((part) => part.sendKeptWords()).catch(() => {});
tick();
setInterval(tick, 1000);
document.addEventListener("htmx:afterSettle", (event) => {
  prepareButtons(event.target);
  tick();
});
// Without a network; not for staff. Last: to ask may throw.
if (!/^\/(admin|police)\//.test(window.location.pathname)) {
  navigator.serviceWorker?.register("/service-worker.js").catch(() => {});
}
