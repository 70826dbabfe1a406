#!/usr/bin/env bash
# Runs every test of the workspace, with the real Kafka. The last lines say on which Kafka, in what time, and how many
# passed. Arguments go to the test binaries: scripts/test.sh a_name_or_part_of_one
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
report="$target/test-report"
rm -rf "$report"
mkdir -p "$report"

# A test that starts a binary takes it from here (tests/src/process/binaries.rs); a broker that starts leaves its version
# there (tests/src/kafka/launch.rs). Neither name begins with ROLLCALL_: the services under test would take it for a
# setting that does not exist. An error's own backtrace only hides its words.
export TEST_ROLLCALL_BINARIES="$target/debug"
export TEST_ROLLCALL_REPORT="$report"
export RUST_LIB_BACKTRACE=0
# Three times the cores: most tests wait for sessions to end and for verdicts to be confirmed, and leave the cores idle.
# More of them would get in each other's way where an answer must come in time.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-$((3 * $(nproc)))}"

SECONDS=0
# In one call, so that the binaries and the tests agree on the features of what they share, and it is built once.
cargo build --workspace --bins --tests
build_seconds=$SECONDS

SECONDS=0
status=0
cargo test --workspace --no-fail-fast -- "$@" 2>&1 | tee "$report/output" || status=$?
test_seconds=$SECONDS

# How many lines of the output begin with this.
lines() {
    grep --count "^$1" "$report/output" || true
}

# The sum of the numbers before this word in cargo's results.
total() {
    sed -n "s/^test result: .* \([0-9]*\) $1;.*/\1/p" "$report/output" | awk '{ sum += $1 } END { print sum + 0 }'
}

passed=$(total passed)
# A test binary that crashed has no result of its own: each counts as one failure.
crashed=$(($(lines "error: .*test failed, to rerun") - $(lines "test result: FAILED")))
failed=$(($(total failed) + (crashed > 0 ? crashed : 0)))
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
fi
versions=$(find "$report" -name 'kafka-*' -printf '%f\n' | sed 's/kafka-//' | sort --version-sort | paste --serial --delimiters=' ')

echo
if [ "$failed" -gt 0 ]; then
    echo "output: $report/output; logs of brokers and services: $target/test-run"
fi
echo "Kafka: ${versions:-none was started}; tests ${test_seconds} s, build before them ${build_seconds} s"
echo "$passed passed, $failed failed"
exit "$status"
