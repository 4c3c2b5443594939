// Every page of people: ticking clocks, buttons, places. Everything works without it.
import { prepareButtons, preparePrinting } from "./parts/buttons.js";
import { tick } from "./parts/clock.js";
import { fillHere, fillPlace } from "./parts/places.js";
import { letHandsBe } from "./parts/hands.js";

fillPlace();
fillHere();
prepareButtons(document);
preparePrinting();
letHandsBe();
tick();
setInterval(tick, 1000);
document.addEventListener("htmx:afterSettle", (event) => {
  prepareButtons(event.target);
  tick();
});
