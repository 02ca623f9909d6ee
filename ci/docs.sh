#!/usr/bin/env bash
# Docs without a warning. README and guides compile as doc tests, by the test command.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTDOCFLAGS="-D warnings" cargo doc --locked --all-features --no-deps
