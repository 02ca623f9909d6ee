#!/usr/bin/env bash
# Lints of Cargo.toml, all denied here.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --locked --all-features --all-targets -- -D warnings
