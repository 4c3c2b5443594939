"""What every map of a page is drawn on, and what is drawn on it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.templatetags.static import static
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rides import maps

register = template.Library()


class Tight(DjangoJSONEncoder):
    """Without spaces, which would be a tenth of a long way."""

    item_separator, key_separator = ",", ":"


@register.simple_tag
def base_map() -> SafeString:
    """For the script that draws maps: the source's `tiles` with their `crs`, or our own `maps` (south, west, north, east,
    address); and whose it is."""
    said: dict[str, object]
    if settings.MAP_TILES:
        said = {
            "tiles": settings.MAP_TILES,
            "crs": settings.MAP_CRS,
            "by": settings.MAP_ATTRIBUTION,
            "css": static("css/tiles.css"),
        }
    else:
        said = {
            "maps": [[*each.box, static(each.file)] for each in maps.all_maps()],
            "by": _("Our own drawing, not for navigation"),
            "css": static("css/land.css"),
        }
    return json_script(said, "map-base", Tight)


@register.simple_tag(takes_context=True)
def map_points(context: template.Context, drawn: Mapping[str, Any], name: str) -> SafeString:
    """What a map draws, as JSON of the page, with a digest of the planned way as `way`.

    That way may be a thousand points, and a part of a page comes anew every few seconds: it is left out where the page
    says by a `way` in its address that it has this one.
    """
    way = hashlib.blake2b(json.dumps(drawn["route"]).encode(), digest_size=4).hexdigest()
    request = context.get("request")
    said = {**drawn, "way": way}
    if request is not None and request.GET.get("way") == way:
        del said["route"]
    return json_script(said, name, Tight)
