#!/usr/bin/env bash
# Changes the runner and the strategies in every way that cargo-mutants knows, and runs the tests on each change.
# ci/mutants.md must explain each change that no test notices. The run takes hours, so it is not part of `.ci/run`:
# run it after a change of the worker, a strategy or a storage. Arguments go to cargo-mutants (`--shard 0/4`,
# `--in-diff …`).
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-mutants >/dev/null || cargo install --locked cargo-mutants
out=${CARGO_TARGET_DIR:-target}/mutants
mkdir -p "$out"
# Exit code 2 means that mutants survived, which are checked below; 3 means that one timed out.
status=0
# Each mutant is built for these tests only.
tests=(--lib --test=allocations --test=runtimes --test=tracing --test=virtual_time)
PROPERTY_CASES=1500 cargo mutants --timeout 20 --output "$out" "${tests[@]/#/--cargo-arg=}" "$@" || status=$?
[ $status = 0 ] || [ $status = 2 ] || [ $status = 3 ] || exit $status
# Drops the line numbers, which every edit moves.
survivors=$(sed -E 's/:[0-9]+:[0-9]+:/:/' "$out/mutants.out/missed.txt" | sort -u)
known=$(sed -n 's/^- `\(.*\)`$/\1/p' ci/mutants.md | sort -u)
unknown=$(comm -23 <(echo "$survivors") <(echo "$known") | sed '/^$/d')
if [ -n "$unknown" ]; then
    echo "no test notices, and ci/mutants.md does not explain:" >&2
    echo "$unknown" >&2
    exit 1
fi
echo "every surviving mutant is explained"
