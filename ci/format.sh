#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo fmt --manifest-path ci/no_std/Cargo.toml --check
cargo fmt --manifest-path examples/firmware/Cargo.toml --check
cargo fmt --manifest-path benches/Cargo.toml --check
cargo fmt --manifest-path tests/ui/Cargo.toml --check
