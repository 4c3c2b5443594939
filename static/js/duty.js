// A page outside the console, before somebody on duty: it rings there as the console does.
import { tickAges } from "./console/ages.js";
import { ringUntilTaken } from "./console/ringing.js";
import { listenToConsole } from "./console/stream.js";
import { soundSwitch } from "./console/switches.js";

// Few of these pages have htmx, and one that had it twice would do everything twice.
function bringHtmx(source) {
  if (Array.from(document.scripts).some(({ src }) => src === new URL(source, window.location.href).href)) return;
  const script = document.createElement("script");
  script.src = source;
  // It may come after the moment in which it looks through the page by itself.
  script.addEventListener("load", () => window.htmx.process(document.body));
  document.head.append(script);
}

bringHtmx(document.querySelector("[data-bar]").dataset.htmx);
listenToConsole();
ringUntilTaken();
soundSwitch();
setInterval(tickAges, 1000);
