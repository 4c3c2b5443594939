// The console's ears: live sound of a call for help, and recordings of a case with their wave.
import { prepareLiveSound } from "./console/ears.js";
import { drawWave } from "./console/wave.js";

document.querySelectorAll("[data-listen]").forEach(prepareLiveSound);
document.querySelectorAll("[data-wave]").forEach(drawWave);
