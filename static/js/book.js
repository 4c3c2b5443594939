// Booking and offering: points on the map, prices while one still types, fields that are not needed out of sight.
// Without scripts every field is there, places are typed, and prices come with their own button.
(function () {
  "use strict";
  const form = document.querySelector("form[data-book]") || document.querySelector("[data-pick]")?.closest("form");
  if (!form) return;
  const field = (name) => form.querySelector("[name=" + name + "]");

  function setPoint(name, point, words) {
    field(name).value = words;
    field(name + "_lat").value = point ? point.lat.toFixed(6) : "";
    field(name + "_lon").value = point ? point.lng.toFixed(6) : "";
  }
  ["origin", "destination"].forEach((name) => {
    field(name).addEventListener("input", () => { setPoint(name, null, field(name).value); marks[name]?.remove(); });
  });

  const marks = {};
  const pick = form.querySelector("[data-pick]");
  function openMap() {
    const box = pick.querySelector("[data-picker]");
    if (box.dataset.drawn || !window.L) return;
    box.dataset.drawn = "1";
    const data = JSON.parse(document.getElementById(box.dataset.picker).textContent);
    const map = L.map(box, { attributionControl: false }).setView(data.middle, 10);
    if (box.dataset.tiles) L.tileLayer(box.dataset.tiles).addTo(map);
    data.places.forEach((place) => {
      L.circleMarker([place[0], place[1]], { radius: 4, color: "#51606f", interactive: false }).addTo(map).bindTooltip(place[2].split(" ")[0], { permanent: true, direction: "right", className: "place", interactive: false });
    });
    map.fitBounds(L.latLngBounds(data.places.length ? data.places.map((place) => [place[0], place[1]]) : [data.middle]).pad(0.1), { maxZoom: 12 });
    let next = field("origin").value ? "destination" : "origin";
    map.on("click", (event) => {
      const name = next;
      marks[name]?.remove();
      const colour = name === "origin" ? "#046c4e" : "#0b4ea2";
      marks[name] = L.circleMarker(event.latlng, { radius: 9, color: colour, fillColor: colour, fillOpacity: 0.85 }).addTo(map).bindTooltip(name === "origin" ? box.dataset.from : box.dataset.to, { permanent: true });
      setPoint(name, event.latlng, box.dataset.point);
      next = name === "origin" ? "destination" : "origin";
      prices();
    });
    setTimeout(() => map.invalidateSize(), 50);
  }
  if (pick) { pick.hidden = false; pick.addEventListener("toggle", () => { if (pick.open) openMap(); }); }

  const holder = form.querySelector("[data-prices]");
  let asked = 0;
  let timer = 0;
  function prices() {
    clearTimeout(timer);
    if (!holder || !field("origin").value || !field("destination").value) return;
    timer = setTimeout(async () => {
      const turn = (asked += 1);
      const answer = await fetch(holder.dataset.prices, { method: "POST", body: new FormData(form) });
      if (answer.ok && turn === asked) holder.innerHTML = await answer.text();
    }, 400);
  }
  form.addEventListener("change", prices);

  function show(box, wanted) { if (box) box.hidden = !wanted; }
  function tidy() {
    show(form.querySelector("[data-when]"), form.querySelector("[name=when]:checked")?.value === "later");
    show(form.querySelector("[data-rider]"), form.querySelector("[name=rider_kind]:checked")?.value !== "self");
  }
  if (form.matches("[data-book]")) {
    form.addEventListener("change", tidy);
    tidy();
    show(form.querySelector("[data-noscript]"), false);
    prices();
  }
})();
