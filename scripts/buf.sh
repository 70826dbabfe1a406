#!/usr/bin/env bash
# Runs buf (https://buf.build), fetched once by npm: scripts/buf.sh lint proto
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.75.0
home="${CARGO_TARGET_DIR:-target}/tools/buf-$version"
buf="$home/node_modules/.bin/buf"

if ! [ -e "$home/.complete" ]; then
    echo "fetching buf $version into $home"
    rm -rf "$home"
    mkdir -p "$home"
    npm install --silent --no-audit --no-fund --prefix "$home" "@bufbuild/buf@$version"
    touch "$home/.complete"
fi
exec "$buf" "$@"
