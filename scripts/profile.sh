#!/usr/bin/env bash
# Shows where the CPU of one reading end to end goes: six fetchers, an aggregator and a client, with optimized binaries that
# have line tables. With perf, all of them are sampled; where perf may not run, valgrind counts the instructions of one
# process (TOOL=callgrind ROLE=rollcall-aggregator), at a fiftieth of the speed.
#   make profile                                        about a minute after the build
#   make profile ARGS="--sizes 1024"                    what `make bench` takes
#   TOOL=callgrind ROLE=rollcall-fetcher make profile   ROLE: rollcall-fetcher, rollcall-aggregator or bench-client
set -euo pipefail
cd "$(dirname "$0")/.."

readonly target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
readonly built="$target/profiling"
readonly out="$target/profile"
readonly roles=(rollcall-fetcher rollcall-aggregator bench-client)
# Functions below this share of a process's CPU are not listed.
readonly least=1
readonly bench=("$built/bench" --readers rollcall --rounds 1 --samples 0 --no-moments --idle 0)

may_perf() {
    command -v perf >/dev/null && perf record --quiet --output /dev/null -- true 2>/dev/null
}

# Who spends it, then for each process the functions that spend most themselves.
with_perf() {
    TEST_ROLLCALL_BINARIES="$built" perf record --quiet --freq 499 --call-graph fp --output "$out/perf.data" -- \
        "${bench[@]}" --sizes 200 "$@"
    echo
    perf report --input "$out/perf.data" --stdio --no-children --call-graph none --sort comm --percent-limit "$least" 2>/dev/null |
        grep --extended-regexp '^ +[0-9]' || true
    for role in "${roles[@]}"; do
        echo
        echo "$role: functions by their own share"
        perf report --input "$out/perf.data" --stdio --no-children --call-graph none --sort symbol \
            --pid "$(processes_of "$role")" --percentage relative --percent-limit "$least" 2>/dev/null |
            grep --extended-regexp '^ +[0-9]' | head -25 || true
    done
    echo
    echo "samples: $out/perf.data (perf report --input ..., with callers)"
}

# The processes of a role, with commas between. The kernel keeps 15 characters of a name.
processes_of() {
    perf script --input "$out/perf.data" --fields comm,pid 2>/dev/null |
        awk -v name="${1:0:15}" '$1 == name && !seen[$NF]++ { print $NF }' | paste --serial --delimiters=,
}

# The process runs under valgrind by a script of the same name in front of it.
with_callgrind() {
    local role=${ROLE:-rollcall-aggregator} bin="$out/bin"
    rm -rf "$bin" "$out"/callgrind.*
    mkdir -p "$bin"
    ln -s "$built"/rollcall* "$built"/bench-* "$bin/"
    rm "$bin/$role"
    printf '#!/bin/sh\nexec valgrind --quiet --tool=callgrind --callgrind-out-file=%s/callgrind.%%p %s/%s "$@"\n' \
        "$out" "$built" "$role" >"$bin/$role"
    chmod +x "$bin/$role"
    TEST_ROLLCALL_BINARIES="$bin" "${bench[@]}" --sizes 200 --scale 0.01 "$@"
    for file in "$out"/callgrind.*; do
        echo
        callgrind_annotate "$file" | head -50
    done
}

# What is to be used, before anything is built for it.
choose_tool() {
    case "${TOOL:-}" in
        perf) may_perf && echo perf && return ;;
        callgrind) command -v valgrind >/dev/null && echo callgrind && return ;;
        "")
            may_perf && echo perf && return
            command -v valgrind >/dev/null && echo callgrind && return
            ;;
        *) echo "TOOL is perf or callgrind" >&2; exit 64 ;;
    esac
    echo "${TOOL:-neither perf nor callgrind} may run here. On Debian and Ubuntu:" >&2
    echo "    sudo apt-get install linux-perf    (and sysctl kernel.perf_event_paranoid=1)" >&2
    echo "    sudo apt-get install valgrind      (for callgrind)" >&2
    exit 1
}

case " $* " in
    *" --help "* | *" -h "*) sed -n '2,/^set /s/^# \{0,1\}//p' scripts/profile.sh; exit ;;
esac
[[ " ${roles[*]} " == *" ${ROLE:-rollcall-aggregator} "* ]] || { echo "ROLE is one of: ${roles[*]}" >&2; exit 64; }
tool=$(choose_tool)
mkdir -p "$out"
# Frame pointers, so that perf can name callers; in librdkafka too.
export RUSTFLAGS="${RUSTFLAGS:-} -C force-frame-pointers=yes" CFLAGS="${CFLAGS:-} -fno-omit-frame-pointer"
echo "building optimized binaries with line tables and frame pointers; the first time takes minutes"
cargo build --profile profiling --bin rollcall --bin rollcall-aggregator --bin rollcall-fetcher \
    --bin bench --bin bench-client
"with_$tool" "$@"
