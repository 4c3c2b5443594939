// Where this phone is, for forms that want it.

// The form of a driver who goes online: the browser asks.
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

export function fillPlaces() {
  fillPlace();
  fillHere();
}
