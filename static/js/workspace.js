// The workspace: keys, who else is here, drafts that survive a refusal, parts that come anew when a case changed.
import { keepDrafts, restoreDrafts } from "./console/drafts.js";
import { fillFromMacros } from "./console/macros.js";
import { sayWhoIsHere } from "./console/presence.js";
import { filterLines, prepareFilter } from "./console/timeline.js";
import { prepareWorkspaceKeys } from "./console/workspace_keys.js";

prepareWorkspaceKeys();
restoreDrafts();
keepDrafts();
sayWhoIsHere();
prepareFilter();
fillFromMacros();
document.addEventListener("huhang-fresh", (event) => {
  filterLines();
  if (event.target.id === "actions") restoreDrafts();
});
