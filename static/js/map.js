// Maps of a way: the planned line, where both went, the car, points. The library comes after the page.
import { drawCar, drawEnd } from "./parts/marks.js";

const CLOSE = 15; // a zoom at which streets are drawn; one point alone has no bounds to go by
await import("../vendor/leaflet/leaflet.js").catch(() => {});
const { L } = window;

// Draw what the page says into its map; gives all points.
function fill(box) {
  const data = JSON.parse(document.getElementById(box.dataset.map).textContent);
  const drawn = box.drawn.clearLayers();
  const all = [];
  const line = (points, style) => {
    if (!points || !points.length) return;
    L.polyline(points, style).addTo(drawn);
    all.push(...points);
  };
  const { route = box.route || [] } = data; // it comes once
  Object.assign(box, { route, way: data.way });
  line(route, { className: "way-case", weight: 8, opacity: 0.75 });
  line(route, { className: "way", weight: 5, dashArray: "1 9", lineCap: "round" });
  const trails = data.trails || {};
  line(trails.driver, { className: "driver", weight: 4 });
  line(trails.passenger, { className: "passenger", weight: 4 });
  (data.ends || []).forEach((point, second) => {
    drawEnd(L, point, second ? "to" : "from", second ? box.dataset.to : box.dataset.from).addTo(drawn);
    all.push(point);
  });
  const cars = (data.points || []).filter((each) => each[2] === "driver");
  drawCar(L, box, cars.at(-1), route);
  (data.points || []).forEach(([latitude, longitude, whose, accuracy]) => {
    all.push([latitude, longitude]);
    if (whose === "driver") return;
    const className = `point ${whose === "sos" ? "sos" : "passenger"}`;
    const style = { radius: 8, className, fillOpacity: 0.85 };
    L.circleMarker([latitude, longitude], style).addTo(drawn).bindTooltip(box.dataset[whose] || whose);
    // A phone that does not know where it is must not look as if it did.
    const somewhere = { radius: accuracy, className, weight: 1, fillOpacity: 0.12 };
    if (accuracy > 50) L.circle([latitude, longitude], somewhere).addTo(drawn);
  });
  return all;
}

// Show all; whoever looks closer is left there.
function fit(box, all) {
  if (box.dataset.moved) return;
  box.fitting = true;
  if (all.length) box.drawing.fitBounds(L.latLngBounds(all).pad(0.15), { animate: false, maxZoom: CLOSE });
  box.fitting = false;
}

function drawMap(box) {
  if (!document.getElementById(box.dataset.map)) return;
  const map = L.map(box, { scrollWheelZoom: false, zoomSnap: 0.5 }).setView([28.1, 120.8], 9);
  box.drawing = map;
  box.drawn = L.layerGroup().addTo(map);
  fit(box, fill(box));
  // The way first; what it lies on comes after.
  import("./parts/land.js").then(({ addLand }) => addLand(L, map)).catch(() => {});
  map.on("dragend zoomend", () => { if (!box.fitting) box.dataset.moved = "1"; });
}

function drawMaps(root) {
  root.querySelectorAll("[data-map]").forEach((box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "1";
    drawMap(box);
  });
}

// The map of a page whose part came anew moves with it.
function redraw(part) {
  const box = document.getElementById(part.dataset.redraw);
  if (!box) return;
  if (!box.drawing) drawMap(box);
  else if (document.getElementById(box.dataset.map)) fit(box, fill(box));
}

// A part of the console brings its map; whoever looks closer is left there.
function carryOver(part, before) {
  const old = before && before.querySelector("[data-map]");
  const view = old && old.drawing && old.dataset.moved ? [old.drawing.getCenter(), old.drawing.getZoom()] : null;
  // With what it waits to tell us, such as of a smaller window.
  if (old && old.drawing) old.drawing.remove().off();
  drawMaps(part);
  const box = part.querySelector("[data-map]");
  if (!view || !box || !box.drawing) return;
  box.drawing.setView(...view, { animate: false });
  box.dataset.moved = "1";
}

if (L) {
  drawMaps(document);
  document.addEventListener("huhang-fresh", (event) => carryOver(event.target, event.detail.before));
  // What is drawn need not come anew.
  document.addEventListener("htmx:configRequest", (event) => {
    const box = document.getElementById(event.target.dataset.redraw);
    if (box && box.way) event.detail.parameters.way = box.way;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    drawMaps(event.target);
    if (event.target.dataset.redraw) redraw(event.target);
  });
}
