#!/usr/bin/env bash
# Checks the crate without std: a static library over it links and runs, without and with an allocator.
set -euo pipefail
cd "$(dirname "$0")/no_std"
target=${CARGO_TARGET_DIR:-../../target}
for features in "" alloc; do
    cargo build --locked --release --features "$features" --target-dir "$target/no_std"
    cc ${features:+-DHEAP} main.c "$target/no_std/release/libno_std_check.a" -o "$target/no_std/check"
    "$target/no_std/check"
done
