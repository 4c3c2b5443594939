// Tiles of a source that the company set. Maps of mainland China are drawn in GCJ-02 by law: their tiles are laid so
// that what stands on them stands where WGS-84 has it. The formulas are those of `rides/coordinates.py`.
const AXIS = 6378245;
const ECCENTRICITY = 0.00669342162296594;

// WGS-84 degrees as a Chinese map draws them.
export function gcj02(latitude, longitude) {
  const inside = latitude > 0.8293 && latitude < 55.8271 && longitude > 72.004 && longitude < 137.8347;
  if (!inside) return [latitude, longitude];
  const { PI, sin, cos, sqrt, abs } = Math;
  const [x, y] = [longitude - 105, latitude - 35];
  const waves = (20 * (sin(6 * x * PI) + sin(2 * x * PI)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves;
  north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y / 30) * PI)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves;
  east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const at = (latitude * PI) / 180;
  const root = 1 - ECCENTRICITY * sin(at) ** 2;
  return [
    latitude + (north * 180) / (((AXIS * (1 - ECCENTRICITY)) / (root * sqrt(root))) * PI),
    longitude + (east * 180) / ((AXIS / sqrt(root)) * cos(at) * PI),
  ];
}

export function addTiles(L, map, { tiles, crs }) {
  const shifted = (middle) => L.latLng(gcj02(middle.lat, middle.lng));
  // The two places at which a layer asks where the middle of the map is; the library has no public ones.
  /* oxlint-disable no-underscore-dangle */
  const Shifted = L.TileLayer.extend({
    _setZoomTransform(level, middle, zoom) {
      L.TileLayer.prototype._setZoomTransform.call(this, level, shifted(middle), zoom);
    },
    _getTiledPixelBounds(middle) {
      return L.TileLayer.prototype._getTiledPixelBounds.call(this, shifted(middle));
    },
  });
  /* oxlint-enable no-underscore-dangle */
  const layer = crs === "GCJ02" ? new Shifted(tiles, { pane: "land" }) : L.tileLayer(tiles, { pane: "land" });
  layer.addTo(map);
  map.getContainer().dataset.land = "tiles";
}
