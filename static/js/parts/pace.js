// How long a head has for each turn: not everybody turns it as fast, so each try that did not pass gives more time. All
// turns of a challenge have to fit into its 90 s, however often somebody has tried. A head that turns is photographed
// on its way too: a few photos have nothing to show there.
export const SETTLE_MS = 150;
const POSE_MS = 1700;
const LONGER_MS = 1000;
const MOST = 3;
const ON_THE_WAY = [0.25, 0.45, 0.65];
const HELD = new Set(["centre", "closer"]);

export const poseMs = (tries) => POSE_MS + Math.min(tries, MOST) * LONGER_MS;

// When a pose is photographed that takes so long: milliseconds, and how far the head has to be on its way by then.
export const moments = (pose, ms) => HELD.has(pose)
  ? [{ at: ms, share: 1 }, { at: ms + SETTLE_MS, share: 1 }]
  : [...ON_THE_WAY, 1].map((share) => ({ at: share * ms, share }));

// Where a dot goes before somebody who sees themselves as in a mirror: shares of the picture, to the right and down.
const OUT = 0.42;
const WAYS = {
  left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1],
  left_up: [-0.7, -0.7], left_down: [-0.7, 0.7], right_up: [0.7, -0.7], right_down: [0.7, 0.7],
};

// It looks so here, not in the sheet of all pages, which is as heavy as it may be.
const LOOK = {
  position: "absolute", inset: "calc(50% - .6rem)", borderRadius: "50%",
  background: "var(--accent)", border: "2px solid #fff",
};

// The nose follows the dot, and so turns the head as far as it is asked, no faster.
export function lead(dot, pose, ms) {
  const [x, y] = WAYS[pose] || [0, 0];
  const side = dot.parentElement.clientWidth * OUT;
  dot.parentElement.style.position = "relative";
  Object.assign(dot.style, LOOK);
  dot.hidden = pose === "closer";
  dot.animate(
    [{ transform: "none" }, { transform: `translate(${x * side}px, ${y * side}px)` }],
    { duration: ms * 0.8, fill: "forwards" },
  );
}

export async function digest(blob) {
  const found = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
