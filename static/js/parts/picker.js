// The map of a city on which one sees and corrects where a way begins and ends. The library comes after the page.
async function library() {
  const [{ addLand }, { drawPin }] = await Promise.all([
    import("./land.js"), import("./pin.js"), import("../../vendor/leaflet/leaflet.js"),
  ]);
  return { L: window.L, addLand, drawPin };
}

// What stands over the map's edges: the pins themselves, the zoom, whose the map is, and the sheet below.
const CLEAR = { paddingTopLeft: [64, 64], paddingBottomRight: [32, 40], maxZoom: 14, animate: false };
const WAY = { className: "way", weight: 5, opacity: 0.85, interactive: false };

// `chosen(name, point)` hears of each tap and move of a mark; `next()` says which end a tap is for. Gives what the
// page can do with the map: `mark(name, point)`, null takes it away, `way(points)`; nothing where there is no map.
export async function preparePicker(box, { next, chosen }) {
  const read = await library().catch(() => null);
  if (!read) return null;
  const { L, addLand, drawPin } = read;
  const data = JSON.parse(document.getElementById(box.dataset.picker).textContent);
  const map = L.map(box, { scrollWheelZoom: false, zoomSnap: 0.5 });
  map.setView(data.me || data.middle, data.me ? 13 : 10.5);
  map.attributionControl.setPosition("topright"); // what one decides lies over the lower edge
  addLand(L, map);
  box.drawing = map;
  // Where a driver waits for orders.
  if (data.me) import("./marks.js").then(({ drawCar }) => drawCar(L, box, data.me, [])).catch(() => {});
  const marks = {};
  const way = L.polyline([], WAY).addTo(map);
  const show = () => {
    const all = [...Object.values(marks).map((each) => each.getLatLng()), ...way.getLatLngs()];
    if (all.length > 1) map.fitBounds(L.latLngBounds(all), CLEAR);
    else if (all.length) map.setView(all[0], 12.5, { animate: false });
  };
  const put = (name, point) => {
    marks[name]?.remove();
    delete marks[name];
    way.setLatLngs([]);
    if (!point) return;
    const says = name === "origin" ? box.dataset.from : box.dataset.to;
    marks[name] = drawPin(L, point, name, says).addTo(map);
    marks[name].on("dragend", () => {
      way.setLatLngs([]);
      chosen(name, marks[name].getLatLng());
    });
  };
  map.on("click", (event) => {
    const name = next();
    put(name, event.latlng);
    chosen(name, event.latlng);
  });
  box.dataset.drawn = "1";
  return {
    mark(name, point) {
      put(name, point);
      if (point) show();
    },
    way(points) {
      way.setLatLngs(points);
      if (points.length) show();
    },
  };
}
