#!/usr/bin/env bash
# Installs the tools of the checks. ring and the no_std check need a C compiler, the counts of instructions need
# valgrind.
set -euo pipefail
packages=()
command -v cc >/dev/null || packages+=(gcc libc6-dev)
# valgrind reads the symbols of the C library, which come in a package of their own.
command -v valgrind >/dev/null || packages+=(valgrind libc6-dbg)
# For chips: a compiler that can build their core library (rustup's can only after a download), the emulator, a
# linker, and tools that inspect a program.
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
command -v linkchecker >/dev/null || pip install --quiet linkchecker
for tool in cargo-hack cargo-machete cargo-public-api cargo-deny; do
    command -v "$tool" >/dev/null || cargo install --locked "$tool"
done
