#!/usr/bin/env bash
# Checks that the public API is the one in ci/public_api.txt, so that a change shows in review. `--update` writes the
# list again.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! rustup toolchain list | grep --quiet '^nightly'; then
    echo "cargo-public-api reads rustdoc's JSON, which needs a nightly toolchain: rustup toolchain install nightly" >&2
    exit 1
fi
listed=ci/public_api.txt
# Omits the impls that every type has, and those of derives.
actual=$(cargo public-api --all-features -sss --target-dir "${CARGO_TARGET_DIR:-target}/public_api")
if [ "${1-}" = --update ]; then
    echo "$actual" >"$listed"
elif ! diff --unified "$listed" <(echo "$actual"); then
    echo "the public API changed: run ci/public_api.sh --update and review the change" >&2
    exit 1
fi
