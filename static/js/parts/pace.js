// How long a head has for each turn: not everybody turns it as fast, so each try that did not pass gives more time. All
// turns of a challenge have to fit into its 90 s, however often somebody has tried.
export const SETTLE_MS = 150;
const POSE_MS = 1700;
const LONGER_MS = 1000;
const MOST = 3;

export const poseMs = (tries) => POSE_MS + Math.min(tries, MOST) * LONGER_MS;
