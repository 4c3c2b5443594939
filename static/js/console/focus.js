// Whoever came to a part by keyboard stays there when it is drawn anew: on the same link, button or box, known by what
// it says and where it leads, never by its place alone. Where that is gone, on the part.
const signOf = (el) => [
  el.id, el.name, el.value, el.getAttribute("href"), el.form?.action, el.getAttribute("aria-label"),
  el.matches("a, button, summary") && el.textContent,
].join();

function go(el) {
  el.focus({ preventScroll: true });
  return document.activeElement === el;
}

// Gives back what puts it on the new part.
export function keepFocus(part) {
  const active = document.activeElement;
  if (!part.contains(active)) return () => {};
  const sign = signOf(active);
  const alike = (root) => [...root.querySelectorAll(active.tagName)].filter((el) => signOf(el) === sign);
  const at = alike(part).indexOf(active);
  return (fresh) => {
    if (document.activeElement !== document.body) return;
    const again = alike(fresh)[at] || fresh;
    if (go(again)) return;
    again.tabIndex = -1;
    go(again);
  };
}
