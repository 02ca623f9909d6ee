#!/usr/bin/env bash
# Compares the cost of a request, in instructions and allocations, with the numbers in benches/counts.json. A rise
# over 3 % fails until the file is updated with a reason. Time is not compared: machines differ, and have neighbours.
#
# The counts repeat to a thousandth on one machine. On another, the allocator, `memcpy` or the compiler may differ.
# That changes every count, the bare loop's too, but hardly the ratio to the bare loop of the same run. So
# instructions have risen only if both the count and the ratio have. The check needs valgrind, and takes about two
# minutes on a fresh machine, most of them to build the peers.
set -euo pipefail
cd "$(dirname "$0")/../benches"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/../target}/benches"
cargo clippy --locked --profile counts --all-targets -- -D warnings
cargo test --locked --profile counts
cargo run --locked --profile counts -- counts
