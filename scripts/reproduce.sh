#!/usr/bin/env bash
# Follows the recipes of the catalogue as they stand, beside a `make playground` that runs, and says whether each
# verdict came: scripts/reproduce.sh CODE... What a recipe leaves behind stays: begin a new playground for another one.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/target/playground/bin:$PATH"
missed=0
for code in "$@"; do
    recipe="cli/src/catalog/recipes/$code.sh"
    said=$(mktemp)
    # In a shell with job control, as at a terminal; what still runs at its end is ended with it.
    timeout 300 bash -c "set -m; source '$recipe'; kill \$(jobs -p) 2>/dev/null; wait" >"$said" 2>&1 </dev/null
    # As the verdict: of explain, in a table, or in a stats line. RETENTION_NEAR is only ever said beside one.
    wanted="^(FAULT|warn|note|ok|unknown) +([^ ]+ +)?$code( |$)|:0 $code\b"
    [ "$code" = RETENTION_NEAR ] && wanted="warn $code:"
    if grep -Eq "$wanted" "$said"; then
        echo "came     $code"
    else
        echo "MISSED   $code"
        missed=1
    fi
    sed 's/^/    /' "$said"
    rm -f "$said"
done
exit "$missed"
