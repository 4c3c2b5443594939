"""What every map of a page is drawn on: tiles of a source where one is set, else our own drawing."""

import json

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import gettext as _

from rides import maps

register = template.Library()


@register.simple_tag
def base_map() -> str:
    """For the script that draws maps, as JSON: `tiles` with `crs`, or `maps` (box as south, west, north, east; address); whose
    it is."""
    if settings.MAP_TILES:
        return json.dumps(
            {"tiles": settings.MAP_TILES, "crs": settings.MAP_CRS, "by": settings.MAP_ATTRIBUTION, "maps": []}
        )
    drawn = [{"box": each.box, "file": static(each.file)} for each in maps.all_maps()]
    return json.dumps({"maps": drawn, "by": _("Our own drawing, not for navigation")}, ensure_ascii=False)
