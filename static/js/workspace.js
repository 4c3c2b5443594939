// The workspace: keys, who else is here, macros, and the filter of the timeline.
import { fillFromMacros } from "./console/macros.js";
import { sayWhoIsHere } from "./console/presence.js";
import { filterLines, prepareFilter } from "./console/timeline.js";
import { prepareWorkspaceKeys } from "./console/workspace_keys.js";

prepareWorkspaceKeys();
sayWhoIsHere();
prepareFilter();
fillFromMacros();
document.addEventListener("huhang-fresh", filterLines);
