// Pages of people: maps, ticking clocks, positions. Everything else works without it.
(function () {
  "use strict";

  function drawMap(box) {
    const source = document.getElementById(box.dataset.map);
    if (!source || !window.L) return;
    const data = JSON.parse(source.textContent);
    const map = L.map(box, { attributionControl: false, zoomControl: true, scrollWheelZoom: false });
    const all = [];
    const line = (points, style) => { if (points && points.length) { L.polyline(points, style).addTo(map); all.push(...points); } };
    line(data.route, { color: "#51606f", weight: 4, dashArray: "2 8" });
    const trails = data.trails || {};
    line(trails.driver, { color: "#0b4ea2", weight: 4 });
    line(trails.passenger, { color: "#046c4e", weight: 4 });
    (data.ends || []).forEach((point) => { L.circleMarker(point, { radius: 5, color: "#16202b", fillColor: "#fff", fillOpacity: 1 }).addTo(map); all.push(point); });
    (data.points || []).forEach((point) => {
      const colour = point[2] === "driver" ? "#0b4ea2" : point[2] === "sos" ? "#b42318" : "#046c4e";
      L.circleMarker([point[0], point[1]], { radius: 8, color: colour, fillColor: colour, fillOpacity: 0.85 }).addTo(map).bindTooltip(box.dataset[point[2]] || point[2]);
      all.push([point[0], point[1]]);
    });
    box.drawing = map;
    if (all.length) map.fitBounds(L.latLngBounds(all).pad(0.15)); else map.setView([28.1, 120.8], 9);
    if (box.dataset.tiles) L.tileLayer(box.dataset.tiles).addTo(map);
    map.on("dragend zoomend", () => { box.dataset.moved = "1"; });
  }
  function drawMaps(root) { root.querySelectorAll("[data-map]").forEach((box) => { if (!box.dataset.drawn) { box.dataset.drawn = "1"; drawMap(box); } }); }

  // A page that somebody follows draws its map anew with each answer.
  function redraw(part) {
    const box = document.getElementById(part.dataset.redraw);
    if (!box) return;
    const before = box.drawing;
    const view = before && box.dataset.moved ? [before.getCenter(), before.getZoom()] : null;
    if (before) before.remove();
    drawMap(box);
    if (view) box.drawing.setView(...view, { animate: false }); // whoever looks closer is left there
  }

  // Holding a button for two seconds is another answer that looks the same.
  function hold(button) {
    let timer = null;
    const start = () => { timer = setTimeout(() => { button.value = button.dataset.hold; }, 2000); };
    ["mousedown", "touchstart"].forEach((name) => button.addEventListener(name, start, { passive: true }));
    ["mouseleave", "touchcancel"].forEach((name) => button.addEventListener(name, () => clearTimeout(timer)));
    button.addEventListener("click", () => clearTimeout(timer));
  }

  function prepare(root) {
    root.querySelectorAll("[data-hold]").forEach((el) => { if (!el.dataset.ready) { el.dataset.ready = "1"; hold(el); } });
    root.querySelectorAll("[data-copy]").forEach((el) => { el.hidden = !navigator.clipboard; el.onclick = () => navigator.clipboard.writeText(el.dataset.copy).then(() => { el.textContent = el.dataset.done; }); });
  }

  function tick() {
    document.querySelectorAll('[data-since]:not([data-since=""])').forEach((el) => {
      const seconds = Math.max(0, Math.floor((Date.now() + skew) / 1000 - Number(el.dataset.since)));
      el.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    });
    document.querySelectorAll("[data-until]").forEach((el) => {
      el.textContent = Math.max(0, Math.ceil(Number(el.dataset.until) - (Date.now() + skew) / 1000));
    });
  }
  // The server's clock at load: phones are wrong by minutes.
  const skew = Number(document.documentElement.dataset.now) * 1000 - Date.now();

  // Positions go out while the page has a key: from the acceptance on, which a part of the page may bring by itself.
  let following = "";
  function follow() {
    const key = document.querySelector("[data-key]")?.dataset.key || "";
    if (key && !following) sendPositions(key);
    following = key || following;
  }

  function sendPositions(key) {
    let queue = [];
    let last = null;
    function post(away) {
      const body = JSON.stringify({ crs: "WGS84", pings: queue.slice(0, 500), away: Boolean(away) });
      const sent = queue.length;
      return fetch("/live/positions/", { method: "POST", keepalive: true, headers: { Authorization: "Bearer " + key, "Content-Type": "application/json" }, body })
        .then((answer) => { if (answer.ok || answer.status === 400) queue = queue.slice(sent); })
        .catch(() => { queue = queue.slice(-500); });
    }
    if (!navigator.geolocation) return;
    navigator.geolocation.watchPosition((found) => {
      last = { at: Date.now() / 1000 + skew / 1000, lat: found.coords.latitude, lon: found.coords.longitude };
      queue.push(last);
      document.querySelectorAll("input[name=lat]").forEach((el) => { el.value = last.lat; });
      document.querySelectorAll("input[name=lon]").forEach((el) => { el.value = last.lon; });
    }, () => {}, { enableHighAccuracy: true });
    setInterval(() => {
      // A car that stands still sends no new fixes; say that the phone is here all the same.
      const now = Date.now() / 1000 + skew / 1000;
      if (last && !queue.length && now - last.at > 20) { last = { at: now, lat: last.lat, lon: last.lon }; queue.push(last); }
      if (queue.length && document.querySelector("[data-key]")) post(false);
    }, 5000);
    document.addEventListener("visibilitychange", () => { if (document.hidden) post(true); });
    if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => {});
  }

  // The stream says that something changed; the part asks what. While it is silent, the part asks every few seconds.
  function listen(part) {
    if (!window.EventSource) return;
    const stream = new EventSource("/live/trips/?key=" + encodeURIComponent(part.dataset.live));
    stream.onmessage = () => window.htmx.trigger(part, "changed");
    window.addEventListener("pagehide", () => stream.close());
  }

  function fillHere() {
    const latitude = document.querySelector("[data-here-lat]");
    if (!latitude || !navigator.geolocation) return;
    navigator.geolocation.getCurrentPosition((found) => {
      latitude.value = found.coords.latitude;
      document.querySelector("[data-here-lon]").value = found.coords.longitude;
    }, () => {});
  }

  // At sign-in the place is sent only where the browser may know it already; nobody is asked for it there.
  async function fillPlace() {
    const latitude = document.querySelector("[data-latitude]");
    if (!latitude || !navigator.permissions || !navigator.geolocation) return;
    const may = await navigator.permissions.query({ name: "geolocation" });
    if (may.state !== "granted") return;
    navigator.geolocation.getCurrentPosition((found) => {
      latitude.value = found.coords.latitude;
      document.querySelector("[data-longitude]").value = found.coords.longitude;
    }, () => {});
  }

  document.addEventListener("DOMContentLoaded", () => {
    fillPlace();
    fillHere();
    document.querySelectorAll("[data-live]").forEach(listen);
    drawMaps(document);
    prepare(document);
    tick();
    setInterval(tick, 1000);
    follow();
    document.querySelectorAll("[data-print]").forEach((el) => { el.hidden = false; el.addEventListener("click", () => window.print()); });
  });
  // A part that refreshes itself must not take away what somebody is typing.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const busy = document.activeElement;
    if (event.detail.requestConfig.verb === "get" && busy && event.target.contains(busy) && busy.matches("input, textarea, select")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    drawMaps(event.target);
    prepare(event.target);
    if (event.target.dataset.redraw) redraw(event.target);
    tick();
    follow();
  });
})();
