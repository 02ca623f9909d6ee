#!/usr/bin/env bash
# The tools of the checks. A C compiler is needed for ring and to link the no_std check, valgrind to count instructions.
set -euo pipefail
packages=()
command -v cc >/dev/null || packages+=(gcc libc6-dev)
# It reads the symbols of the C library, which come in a package of their own.
command -v valgrind >/dev/null || packages+=(valgrind libc6-dbg)
# For chips: a compiler that can build their core library (rustup's own only after a download), the emulator, and tools that
# look into a program.
[ -x /usr/bin/rustc ] || packages+=(rustc-web rust-web-src)
command -v qemu-system-arm >/dev/null || packages+=(qemu-system-arm)
command -v ld.lld >/dev/null || packages+=(lld)
command -v nm >/dev/null || packages+=(binutils)
if [ ${#packages[@]} -gt 0 ]; then
    apt-get update
    apt-get install --yes --no-install-recommends "${packages[@]}"
fi
for component in rustfmt clippy; do
    cargo "${component/rust/}" --version || rustup component add "$component"
done
for tool in cargo-hack cargo-machete cargo-public-api cargo-deny; do
    command -v "$tool" >/dev/null || cargo install --locked "$tool"
done
