#!/usr/bin/env bash
# Builds the docs without a warning. The test command compiles README and guides as doc tests.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTDOCFLAGS="-D warnings" cargo doc --locked --all-features --no-deps
