// What lies below ways and marks: the tiles of a source where one is set, else the map that we drew ourselves.
const ROADS = { // from which zoom on, and how wide in pixels at zoom 12
  motorway: [7, 4.5], trunk: [8, 3.6], primary: [10, 2.8], street: [12, 1.8],
};
const NAMES = { // from which zoom on, what goes first, and the size that their letters have
  city: [7, 0, 17], district: [9, 1, 14], airport: [9, 2, 12], ref: [9, 3, 10], town: [10, 4, 12], station: [11, 5, 12],
  water: [10, 6, 12], landmark: [12, 7, 12], green: [10, 8, 12], road: [13, 9, 11],
};
const WATER = new Set(["sea", "river", "water", "lake"]);
const read = new Map();

function drawing(address) {
  if (!read.has(address)) {
    const asked = fetch(address).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(address))));
    read.set(address, asked);
    asked.catch(() => read.delete(address)); // no network: the next time the map moves
  }
  return read.get(address);
}

const back = ([longitude, latitude]) => [latitude, longitude];

// One feature as layers of Leaflet, each with the name of its colour and how wide it is at a zoom.
function layers(L, { properties: said, geometry }, options) {
  if (geometry.type === "Point") return [];
  if (geometry.type === "Polygon") {
    const colour = WATER.has(said.kind) ? "water" : { land: "land", town_area: "town" }[said.kind] || "green";
    const style = { stroke: false, fill: true, fillOpacity: 1, smoothFactor: 0.5 };
    const rings = geometry.coordinates.map((ring) => ring.map(back));
    return [{ layer: L.polygon(rings, { ...options, ...style }), ink: colour, from: 0 }];
  }
  const line = (style) => L.polyline(geometry.coordinates.map(back), { ...options, smoothFactor: 0.7, ...style });
  if (said.kind === "road") {
    const [from, wide] = ROADS[said.class];
    const width = (zoom) => Math.max(1.2, wide * 1.35 ** (zoom - 12));
    return [
      { layer: line(), ink: "case", from, width: (zoom) => width(zoom) + 1.6, order: 1 },
      { layer: line(), ink: said.class, from, width, order: said.class === "motorway" ? 3 : 2 },
    ];
  }
  if (said.kind === "rail") {
    return [{ layer: line({ dashArray: "6 4" }), ink: "rail", from: 9, width: () => 1.5 }];
  }
  // Metres of water as pixels, at these latitudes.
  const width = (zoom) => Math.max(1.2, (said.width || 40) / (135000 / 2 ** zoom));
  return [{ layer: line(), ink: "water", from: 9, width }];
}

// Where a name stands: its own place, or the middle of a line.
function middle({ properties: said, geometry }) {
  if (said.label) return back(said.label);
  if (geometry.type === "Point") return back(geometry.coordinates);
  if (geometry.type === "LineString") return back(geometry.coordinates[Math.floor(geometry.coordinates.length / 2)]);
  const ring = geometry.coordinates[0];
  return back(ring.reduce((sum, each) => [sum[0] + each[0] / ring.length, sum[1] + each[1] / ring.length], [0, 0]));
}

function names({ features }, zh) {
  const found = [];
  features.forEach((feature) => {
    const { kind, ref, zh: chinese, en } = feature.properties;
    const at = middle(feature);
    if (ref && kind === "road") found.push({ at, as: "ref", text: ref });
    if (!chinese || kind === "rail") return;
    const as = NAMES[kind] ? kind : WATER.has(kind) ? "water" : kind === "land" ? "landmark" : "green";
    const beside = as === "road" && feature.geometry.coordinates[Math.floor(feature.geometry.coordinates.length / 3)];
    found.push({ at: beside ? back(beside) : at, as, text: zh ? chinese : en });
  });
  found.sort((a, b) => NAMES[a.as][1] - NAMES[b.as][1]);
  return found;
}

const wide = (text, size) => [...text].reduce((sum, each) => sum + (each > "\u2e80" ? size : size * 0.58), 0);

// Names that stand in nobody's way: the more important first, the others where there is room.
function place(map, pane, all) {
  const [taken, shown] = [[], []];
  const [zoom, seen] = [map.getZoom(), map.getBounds().pad(0.1)];
  all.forEach(({ at, as, text }) => {
    const [from, , size] = NAMES[as];
    if (zoom < from || !seen.contains(at)) return;
    const point = map.latLngToLayerPoint(at);
    const [w, h] = [wide(text, size) + 12, size * 1.5];
    const box = [point.x - w / 2, point.y - h / 2, point.x + w / 2, point.y + h / 2];
    if (taken.some((each) => box[0] < each[2] && box[2] > each[0] && box[1] < each[3] && box[3] > each[1])) return;
    taken.push(box);
    const name = document.createElement("span");
    name.className = "map-name " + as;
    name.textContent = text;
    name.style.transform = `translate(${Math.round(point.x)}px,${Math.round(point.y)}px) translate(-50%,-50%)`;
    shown.push(name);
  });
  pane.replaceChildren(...shown);
}

// Put the base below everything that the map shows; more of it comes as the map moves.
export function addLand(L, map) {
  // A part of the console that comes anew takes its old map away, also while this or a drawing is on its way.
  const gone = () => !map.getPane("mapPane");
  if (gone()) return;
  const said = JSON.parse(document.getElementById("map-base").textContent);
  const sheet = document.createElement("link");
  Object.assign(sheet, { rel: "stylesheet", href: said.css });
  const dressed = new Promise((done) => { sheet.onload = done; });
  document.head.append(sheet);
  map.createPane("land").style.zIndex = 150;
  map.attributionControl?.setPrefix(false).addAttribution(said.by);
  if (said.tiles) {
    import("./tiles.js").then(({ addTiles }) => gone() || addTiles(L, map, said)).catch(() => {});
    return;
  }
  const pane = map.createPane("names");
  pane.style.zIndex = 350;
  pane.setAttribute("aria-hidden", "true");
  const renderer = L.canvas({ pane: "land", padding: 0.4 });
  // By day and by night with other colours (css/colours.css), also when it grows dark on the way.
  const style = getComputedStyle(map.getContainer());
  const paint = (each) => {
    const colour = style.getPropertyValue("--map-" + each.ink).trim();
    each.layer.setStyle({ color: colour, fillColor: colour });
  };
  const zh = document.documentElement.lang.startsWith("zh");
  const [drawn, all, there] = [[], [], new Set()];
  const fitWidths = () => {
    const zoom = map.getZoom();
    drawn.forEach(({ layer, from, width }) => {
      if (width) layer.setStyle({ weight: zoom < from ? 0.01 : width(zoom), opacity: zoom < from ? 0 : 1 });
    });
  };
  const look = async () => {
    place(map, pane, all);
    const seen = map.getBounds();
    const near = said.maps.filter(([s, w, n, e, file]) => !there.has(file) && seen.intersects([[s, w], [n, e]]));
    await Promise.all(near.map(async ([, , , , file]) => {
      const data = await drawing(file).catch(() => null);
      await dressed;
      if (!data || there.has(file) || gone()) return;
      there.add(file);
      const options = { renderer, interactive: false, lineCap: "round", lineJoin: "round" };
      const added = data.features.flatMap((feature) => layers(L, feature, options));
      added.sort((a, b) => (a.order || 0) - (b.order || 0));
      drawn.push(...added);
      all.push(...names(data, zh));
      added.forEach(paint);
      fitWidths();
      added.forEach(({ layer }) => layer.addTo(map));
      place(map, pane, all);
      map.getContainer().dataset.land = "drawn";
    }));
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (!gone()) drawn.forEach(paint); });
  map.on("zoomend", fitWidths);
  map.on("moveend", look);
  map.on("zoomstart", () => pane.replaceChildren());
  map.whenReady(look);
}
