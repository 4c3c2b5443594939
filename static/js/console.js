// Every page of the console: live updates, alarms with sound and a number in the tab, parts that stay true, drafts that
// survive a refusal, ages that go on, switches and keys.
import { tickAges } from "./console/ages.js";
import { keepDrafts, restoreDrafts } from "./console/drafts.js";
import { followChanges } from "./console/follow.js";
import { pressKeys } from "./console/keys.js";
import { ringUntilTaken } from "./console/ringing.js";
import { listenToConsole } from "./console/stream.js";
import { keepFocusInSwaps } from "./console/swaps.js";
import { blurSwitch, hideAfter, soundSwitch } from "./console/switches.js";
import { letHandsBe } from "./parts/hands.js";

letHandsBe();
keepFocusInSwaps();
followChanges();
restoreDrafts();
keepDrafts();
listenToConsole();
ringUntilTaken();
hideAfter();
setInterval(tickAges, 1000);
soundSwitch();
blurSwitch();
pressKeys();
