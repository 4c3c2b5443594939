"""The register of stations, for whoever calls one from an incident."""

from police.models import Agency
from police.selectors import stations_meant
from police.states import AgencyKind
from safety.stations import Station, finds_stations


def _of(found: list[Agency]) -> list[Station]:
    return [
        Station(each.code, str(each), each.published_phone)
        for each in found
        if each.country == "CN" and each.kind == AgencyKind.POLICE
    ]


@finds_stations
def registered(words: str) -> list[Station]:
    """Those of the country that words or a code can mean, by their published numbers."""
    return _of(stations_meant(words))
