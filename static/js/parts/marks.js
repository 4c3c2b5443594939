// Marks on a map: a car that turns where it goes, and both ends of a way.
const CAR = `<svg viewBox="0 0 40 40"><circle cx="20" cy="20" r="18"/>
<path d="M20 3 33 34 20 27 7 34Z"/></svg>`;
const MOVED = 8; // metres; less is the phone's own unrest

// The compass direction from a to b in degrees, 0 is north; good for a few kilometres.
export function bearing(a, b) {
  const east = (b[1] - a[1]) * Math.cos((a[0] * Math.PI) / 180);
  return ((Math.atan2(east, b[0] - a[0]) * 180) / Math.PI + 360) % 360;
}

const apart = (a, b) => {
  const east = (b[1] - a[1]) * Math.cos((a[0] * Math.PI) / 180);
  return Math.hypot(b[0] - a[0], east) * 111195;
};

// Where the way leads from its point nearest to here.
export function alongWay(here, way) {
  if (way.length < 2) return null;
  let best = 0;
  way.forEach((point, index) => { if (apart(here, point) < apart(here, way[best])) best = index; });
  const from = Math.min(best, way.length - 2);
  return bearing(way[from], way[from + 1]);
}

// The car at its newest point, turned by where it came from; at first by where its way leads.
export function drawCar(L, box, point, way) {
  if (!point) {
    box.car?.remove();
    box.car = null;
    return;
  }
  const here = [point[0], point[1]];
  if (!box.car) {
    const icon = L.divIcon({ className: "map-car", html: CAR, iconSize: [34, 34], iconAnchor: [17, 17] });
    box.car = L.marker(here, { icon, interactive: false, keyboard: false, zIndexOffset: 1000 }).addTo(box.drawing);
    box.carAt = here;
    box.heading = alongWay(here, way) ?? 0;
    box.drawing.on("zoomstart", () => box.car?.getElement().classList.remove("glides"));
  } else if (apart(box.carAt, here) > MOVED) {
    // Turn the shorter way round.
    const turn = ((bearing(box.carAt, here) - box.heading + 540) % 360) - 180;
    box.heading += turn;
    box.car.getElement().classList.add("glides");
    box.car.setLatLng(here);
    box.carAt = here;
  }
  box.car.getElement().title = box.dataset.driver || "";
  box.car.getElement().firstElementChild.style.transform = `rotate(${box.heading}deg)`;
}

export function drawEnd(L, point, which, letter) {
  const icon = L.divIcon({ className: "map-end " + which, iconSize: [26, 26] });
  const mark = L.marker(point, { icon, interactive: false, keyboard: false });
  mark.on("add", () => { mark.getElement().textContent = letter || ""; });
  return mark;
}
