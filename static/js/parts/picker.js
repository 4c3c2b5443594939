// The map of a city on which a tap chooses a point. The library comes when somebody opens it: most people type.

const COLOURS = { origin: "#046c4e", destination: "#0b4ea2" };

async function library(style) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = style;
  document.head.append(link);
  await import("../../vendor/leaflet/leaflet.js");
  return window.L;
}

function showPlaces(L, map, { places, middle }) {
  places.forEach(([latitude, longitude, name]) => {
    const tooltip = { permanent: true, direction: "right", className: "place", interactive: false };
    L.circleMarker([latitude, longitude], { radius: 4, color: "#51606f", interactive: false })
      .addTo(map)
      .bindTooltip(name.split(" ")[0], tooltip);
  });
  const points = places.length ? places.map((place) => [place[0], place[1]]) : [middle];
  map.fitBounds(L.latLngBounds(points).pad(0.1), { maxZoom: 12 });
}

// `pick` is the closed box; `chosen(name, point)` hears of each tap, the first for the origin unless `first` says not.
// Gives a function that takes a mark away.
export function preparePicker(pick, { first, chosen }) {
  const marks = {};
  async function open() {
    const box = pick.querySelector("[data-picker]");
    if (!pick.open || box.dataset.drawn) return;
    box.dataset.drawn = "1";
    const L = await library(box.dataset.style).catch(() => null);
    if (!L) {
      delete box.dataset.drawn; // no network: the next time somebody opens it
      return;
    }
    const data = JSON.parse(document.getElementById(box.dataset.picker).textContent);
    const map = L.map(box, { attributionControl: false }).setView(data.middle, 10);
    if (box.dataset.tiles) L.tileLayer(box.dataset.tiles).addTo(map);
    showPlaces(L, map, data);
    let next = first();
    map.on("click", (event) => {
      const name = next;
      next = name === "origin" ? "destination" : "origin";
      marks[name]?.remove();
      const style = { radius: 9, color: COLOURS[name], fillColor: COLOURS[name], fillOpacity: 0.85 };
      const says = name === "origin" ? box.dataset.from : box.dataset.to;
      marks[name] = L.circleMarker(event.latlng, style).addTo(map).bindTooltip(says, { permanent: true });
      chosen(name, event.latlng, box.dataset.point);
    });
    setTimeout(() => map.invalidateSize(), 50);
  }
  pick.hidden = false;
  pick.addEventListener("toggle", open);
  return (name) => marks[name]?.remove();
}
