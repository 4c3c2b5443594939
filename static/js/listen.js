// The console's ears: live sound of a call for help, and recordings of a case with their wave.
import { prepareLiveSound } from "./console/ears.js";
import { drawWave } from "./console/wave.js";

const prepare = (root) => root.querySelectorAll("[data-listen]").forEach(prepareLiveSound);
prepare(document);
document.addEventListener("huhang-fresh", (event) => {
  if (event.target.matches("[data-listen]")) prepareLiveSound(event.target);
  else prepare(event.target);
});
document.querySelectorAll("[data-wave]").forEach(drawWave);
