"""What every map of a page is drawn on: tiles of a source where one is set, else our own drawing."""

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from rides import maps

register = template.Library()


@register.simple_tag
def base_map() -> SafeString:
    """For the script that draws maps: `tiles` with `crs`, or `maps` (south, west, north, east, address); whose it is."""
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
    return json_script(said, "map-base")
