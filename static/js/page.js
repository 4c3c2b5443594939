// Every page of people: ticking clocks, buttons, places. Everything works without it.
import { prepareButtons, preparePrinting } from "./parts/buttons.js";
import { tick } from "./parts/clock.js";
import { fillHere, fillPlace } from "./parts/places.js";
import { keepWhatIsTyped } from "./parts/typing.js";

fillPlace();
fillHere();
prepareButtons(document);
preparePrinting();
keepWhatIsTyped();
tick();
setInterval(tick, 1000);
document.addEventListener("htmx:afterSettle", (event) => {
  prepareButtons(event.target);
  tick();
});
