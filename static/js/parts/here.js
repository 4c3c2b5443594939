// Where this phone is, for every page with SOS: known when it is tapped, or said to be unknown.
const REFUSED = 1; // GeolocationPositionError.PERMISSION_DENIED

function fillForms({ coords }) {
  document.querySelectorAll("input[name=lat]").forEach((el) => { el.value = coords.latitude; });
  document.querySelectorAll("input[name=lon]").forEach((el) => { el.value = coords.longitude; });
}

// `what` is "refused" or "unknown"; nothing where the place is known.
function sayWithout(what) {
  document.querySelectorAll("[data-no-place]").forEach((el) => { el.hidden = el.dataset.noPlace !== what; });
}

let known = null;

function watch(heard) {
  if (!navigator.geolocation) {
    sayWithout("refused");
    return;
  }
  navigator.geolocation.watchPosition((place) => {
    known = place;
    sayWithout("");
    fillForms(place);
    heard(place);
  }, ({ code }) => sayWithout(code === REFUSED ? "refused" : "unknown"), { enableHighAccuracy: true });
}

// Watch while the page is open; `heard` gets each position. Whoever allows it later is heard from then on.
export async function keepPlaceReady(heard) {
  if (!document.querySelector(".sosbar form, [data-key]")) return;
  watch(heard);
  document.addEventListener("htmx:afterSettle", () => { if (known) fillForms(known); });
  const may = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  may?.addEventListener("change", () => { if (may.state === "granted") watch(heard); });
}
