#!/usr/bin/env bash
# The tools of the checks. A C compiler is needed for ring and to link the no_std check.
set -euo pipefail
if ! command -v cc >/dev/null; then
    apt-get update
    apt-get install --yes --no-install-recommends gcc libc6-dev
fi
for component in rustfmt clippy; do
    cargo "${component/rust/}" --version || rustup component add "$component"
done
for tool in cargo-hack cargo-machete cargo-public-api cargo-deny; do
    command -v "$tool" >/dev/null || cargo install --locked "$tool"
done
# For chips: a compiler that can build their core library (rustup's own has it only after a download), the emulator, and
# tools that look into a program.
if ! command -v qemu-system-arm >/dev/null || ! command -v ld.lld >/dev/null || ! command -v nm >/dev/null || [ ! -x /usr/bin/rustc ]; then
    apt-get update
    apt-get install --yes --no-install-recommends rustc-web rust-web-src qemu-system-arm lld binutils
fi
