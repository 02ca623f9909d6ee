#!/usr/bin/env bash
# Builds the crate for chips: with the fixed storage everywhere, with the heap storage where its dependencies allow.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="-D warnings"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/embedded"
export CARGO_PROFILE_DEV_DEBUG=0
build() { # TARGET FEATURES
    ci/firmware/build.sh "$1" build --locked --lib --no-default-features --features "$2"
}
for target in thumbv7em-none-eabihf thumbv7m-none-eabi thumbv6m-none-eabi riscv32imac-unknown-none-elf; do
    build "$target" embassy
    # Without atomic compare-and-swap, `futures` has no oneshot.
    [ "$target" = thumbv6m-none-eabi ] || build "$target" embassy,alloc,critical-section
done
