// What the parts of the workspace ask of the page.

export const all = (query, root = document) => Array.from(root.querySelectorAll(query));

// Somebody types here: keys are letters.
export const inField = (target) => (
  target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")
);

// The code of the case that is open; empty in the queue.
export const openCase = () => document.querySelector("[data-case]")?.dataset.case || "";
