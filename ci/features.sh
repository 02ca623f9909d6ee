#!/usr/bin/env bash
# Every combination of features builds without a warning.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="-D warnings" cargo hack check --locked --feature-powerset --exclude-features document-features \
    --target-dir "${CARGO_TARGET_DIR:-target}/features"
