"""What a line of the log says of a request."""

import logging


class RoutesForAddresses(logging.Filter):
    """In the place of an address, in which codes and secrets of links stand, the route that it was found by."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True for every record: it changes what is said and keeps nothing back."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            found = getattr(request, "resolver_match", None)
            route = found.route if found else "no route"
            record.args = tuple(route if each == path else each for each in record.args)
        return True
