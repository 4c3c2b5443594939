#!/usr/bin/env python
"""Django's command line."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "HUHANG_SECRET_KEY" not in os.environ:
        from config.local import local_environment

        os.environ.update(local_environment())
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
