#!/usr/bin/env bash
# What a request costs, in instructions and allocations, against the numbers kept in benches/counts.json: a rise over 3 %
# fails, until the file is updated with a reason. Time is not compared: machines differ, and have neighbours.
#
# The counts repeat to a thousandth on one machine. On another, the allocator, `memcpy` or the compiler may differ: that
# changes the count of everything, the bare loop's too, but hardly the ratio to the bare loop counted in the same run. So
# instructions have risen only if both have, the count and the ratio. It needs valgrind, and takes about two minutes on a
# fresh machine, most of them to build the peers.
set -euo pipefail
cd "$(dirname "$0")/../benches"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/../target}/benches"
cargo clippy --locked --profile counts --all-targets -- -D warnings
cargo test --locked --profile counts
cargo run --locked --profile counts -- counts
