#!/usr/bin/env bash
# Runs cargo for a chip, with the first compiler that has a core library for it:
#   prebuilt  the active toolchain has the target (rustup target add TARGET)
#   rust-src  the active toolchain has the library's source (rustup component add rust-src), and builds it
#   system    a distribution's rustc with the library's source (Debian: rustc-web, rust-web-src), and builds it
# Usage: ci/firmware/build.sh TARGET [cargo command and arguments]; without these, `build --release`.
# EMBEDDED_MODE forces one of the three; SYSTEM_RUSTC, BUILD_STD, CARGO and EMBEDDED_LINKER override the defaults.
set -euo pipefail

target=${1:?usage: $0 TARGET [cargo command and arguments]}
shift
[ $# -gt 0 ] || set -- build --release
cargo=${CARGO:-cargo}
system_rustc=${SYSTEM_RUSTC:-/usr/bin/rustc}
rustc=${RUSTC:-rustc}

sysroot_of() { "$1" --print sysroot 2>/dev/null || true; }
has_prebuilt() {
    local root
    root=$(sysroot_of "$1")
    [ -n "$root" ] && compgen -G "$root/lib/rustlib/$target/lib/libcore-*.rlib" >/dev/null
}
has_source() {
    local root
    root=$(sysroot_of "$1")
    [ -n "$root" ] && [ -f "$root/lib/rustlib/src/rust/library/Cargo.lock" ]
}

mode=${EMBEDDED_MODE:-}
if [ -z "$mode" ]; then
    if has_prebuilt "$rustc"; then
        mode=prebuilt
    elif has_source "$rustc"; then
        mode=rust-src
    elif has_source "$system_rustc"; then
        mode=system
    else
        echo "error: there is no core library for $target; do one of:" >&2
        echo "  rustup target add $target" >&2
        echo "  rustup component add rust-src" >&2
        echo "  apt-get install rustc-web rust-web-src" >&2
        exit 3
    fi
fi

build_std=()
case $mode in
prebuilt) ;;
rust-src | system)
    if [ "$mode" = system ]; then
        rustc=$system_rustc
        export RUSTC=$rustc
    fi
    # Building the core library is not stable yet.
    export RUSTC_BOOTSTRAP=1
    build_std=(-Z "build-std=${BUILD_STD:-core,alloc}")
    ;;
*)
    echo "error: unknown EMBEDDED_MODE $mode" >&2
    exit 2
    ;;
esac

# rustc looks for rust-lld only in its own sysroot, and a distribution's sysroot has none.
find_linker() {
    local root host candidate
    [ -z "${EMBEDDED_LINKER:-}" ] || { echo "$EMBEDDED_LINKER"; return; }
    root=$(sysroot_of "$rustc")
    host=$("$rustc" -vV | sed -n 's/^host: //p')
    [ ! -x "$root/lib/rustlib/$host/bin/rust-lld" ] || return 0
    for candidate in \
        "$(sysroot_of rustc)/lib/rustlib/$host/bin/rust-lld" \
        "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/lib/rustlib/"$host"/bin/rust-lld \
        "$(command -v rust-lld || true)" "$(command -v ld.lld || true)" \
        /usr/bin/ld.lld-[0-9]* /usr/lib/llvm-*/bin/ld.lld; do
        if [ -x "$candidate" ]; then
            echo "$candidate"
            return
        fi
    done
    echo "error: found no lld; apt-get install lld, or set EMBEDDED_LINKER" >&2
    return 1
}
linker=$(find_linker)
if [ -n "$linker" ]; then
    name=$(echo "$target" | tr 'a-z-' 'A-Z_')
    export "CARGO_TARGET_${name}_LINKER=$linker"
fi

echo "$target: $mode, $("$rustc" -V)" >&2
command=$1
shift
exec "$cargo" "$command" ${build_std[@]+"${build_std[@]}"} --target "$target" "$@"
