// An end of a way that one can move.
export function drawPin(L, point, which, says) {
  const html = `<svg viewBox="0 0 34 48"><path d="M17 47C17 47 2 28 2 17a15 15 0 0 1 30 0c0 11-15 30-15 30Z"
    stroke-width="2"/><circle cx="17" cy="17" r="6"/></svg>`;
  const icon = L.divIcon({ className: `map-pin ${which}`, html });
  return L.marker(point, { icon, draggable: true, autoPan: true, title: says, alt: says, keyboard: false });
}
