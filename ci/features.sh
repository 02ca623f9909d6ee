#!/usr/bin/env bash
# Checks combinations of features: each builds without a warning, and each feature's own tests pass. The foundations
# and the backends are checked in all combinations, the rest in pairs, where features meet.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="-D warnings"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/features"
export CARGO_PROFILE_DEV_DEBUG=0
cargo hack check --locked --feature-powerset \
    --exclude-features document-features,default,telegram,backon,testing,tower,tracing,serde,defmt
cargo hack check --locked --feature-powerset --depth 2 --exclude-features document-features
# Tests that need a feature declare it. The others build with the default features, and with none.
cargo check --locked --tests
cargo check --locked --tests --no-default-features
# Runs each feature's tests with the runtime of the tests and without the default features. Random scripts are few
# here: the run with all features has all of them.
PROPERTY_CASES=1000 cargo hack test --locked --features testing --each-feature --exclude-all-features \
    --exclude-features document-features,default --lib --tests
