#!/usr/bin/env bash
# Renders the manifests, and checks them and compose.yaml:
#   deploy/check/run.sh           against Kubernetes' schemas and rollcall's own rules
#   deploy/check/run.sh render    only prints what Kubernetes would get, as one JSON list
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}/tools")
readonly tools
readonly requirements=deploy/check/requirements.txt
# What kubectl 1.32 has inside.
readonly kustomize=sigs.k8s.io/kustomize/kustomize/v5@v5.5.0

# The Python packages, once for each list of them.
install_packages() {
    if ! cmp --silent "$requirements" "$tools/manifests/.complete"; then
        rm -rf "$tools/manifests"
        python3 -m venv "$tools/manifests"
        "$tools/manifests/bin/pip" install --quiet --requirement "$requirements"
        cp "$requirements" "$tools/manifests/.complete"
    fi
}

# Only where there is no kubectl. scripts/setup.sh brings Go where that is missing too.
install_kustomize() {
    local go="$tools/go/bin/go"
    [ -x "$go" ] || go=go
    if ! command -v kubectl >/dev/null && [ ! -x "$tools/kustomize" ]; then
        echo "building $kustomize" >&2
        GOBIN="$tools" "$go" install "$kustomize"
    fi
}

render() {
    if command -v kubectl >/dev/null; then
        kubectl kustomize "$1"
    else
        "$tools/kustomize" build "$1"
    fi
}

mkdir -p "$tools"
{
    # Tests that run at once want the same tools.
    flock 9
    install_packages
    install_kustomize
} 9>"$tools/manifests.lock"
RENDERED=$(mktemp)
RENDERED_LANES=$(mktemp)
export RENDERED RENDERED_LANES PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=deploy/check
trap 'rm -f "$RENDERED" "$RENDERED_LANES"' EXIT
render deploy/kubernetes >"$RENDERED"
render deploy/kubernetes-lanes >"$RENDERED_LANES"
python="$tools/manifests/bin/python"
case "${1:-check}" in
    render) "$python" deploy/check/manifests.py render ;;
    check)
        "$python" -m unittest --quiet test_manifests
        "$python" deploy/check/manifests.py check
        if docker compose version >/dev/null 2>&1; then
            CLUSTER_TOKEN=a docker compose config --quiet
        fi
        ;;
    *) echo "usage: deploy/check/run.sh [render]" >&2; exit 64 ;;
esac
