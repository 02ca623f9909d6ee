#!/usr/bin/env bash
# Finds data races with the compiler's ThreadSanitizer: runs the tests that have threads, over both heap storages.
# The standard library is instrumented too, so this needs a compiler that can build it: a distribution's rustc with
# the library's source, as for chips. The sanitizer's own library comes with rustup's toolchain.
#
# It sees only races that happen, in the order in which they happen. It does not model weak memory, as Miri does.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(rustc -vV | sed -n 's/^host: //p')
build=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}/races")
# Makes a sysroot of the distribution's libraries and the sanitizer's.
sysroot=$build/sysroot
mkdir -p "$sysroot/lib/rustlib/$target/lib"
ln --force --symbolic --no-target-directory /usr/lib/rustlib/src "$sysroot/lib/rustlib/src"
ln --force --symbolic /usr/lib/rustlib/"$target"/lib/* "$sysroot/lib/rustlib/$target/lib/"
cp "$(rustc --print sysroot)/lib/rustlib/$target/lib/librustc-stable_rt.tsan.a" "$sysroot/lib/rustlib/$target/lib/"
printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$sysroot" >"$build/rustc"
chmod +x "$build/rustc"
export RUSTC=$build/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread CARGO_TARGET_DIR=$build
export CARGO_PROFILE_DEV_DEBUG=line-tables-only
# A race ends the test process with exit code 66, even if all tests pass.
cargo test --locked -Zbuild-std --target "$target" --no-default-features --features smol,testing \
    --lib --test threads
