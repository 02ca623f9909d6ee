#!/usr/bin/env bash
# Checks that wrong programs do not compile, and the compiler's messages about them.
set -euo pipefail
cd "$(dirname "$0")/../tests/ui"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-../../target}/ui"
export CARGO_PROFILE_DEV_DEBUG=0
cargo test --locked
