#!/bin/sh
# What hitch_match.py compares with: Debian's PostGIS. The product does not need it.
set -eu
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15-postgis-3 gcc libc6-dev
