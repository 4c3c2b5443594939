"""The register of stations, for whoever calls one from an incident."""

from police.selectors import agencies
from safety.stations import Station, lists_stations


@lists_stations
def registered() -> list[Station]:
    """Those of the country, by their published numbers."""
    return [
        Station(each.code, str(each), each.published_phone) for each in agencies() if each.country == "CN"
    ]
