"""The live checks, by room: each looks at the last 30 days and the rules in force, and can turn red."""

from importlib import import_module
from pkgutil import iter_modules

for found in iter_modules(__path__):  # each file of this folder registers its checks
    import_module(f"{__name__}.{found.name}")
