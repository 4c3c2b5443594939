#!/usr/bin/env python
"""Django's command line."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.local import is_production, local_environment

    if "HUHANG_SECRET_KEY" not in os.environ and not is_production():
        os.environ.update(local_environment())
    from config.commands import main

    sys.exit(main(sys.argv))
