#!/usr/bin/env bash
# Runs clippy with all lints of Cargo.toml denied.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --locked --all-features --all-targets -- -D warnings
