#!/usr/bin/env bash
# Combinations of features: each builds without a warning, and each feature's own tests pass. All combinations of the
# foundations and the backends; of the rest any two, which is where features meet.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="-D warnings"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/features"
export CARGO_PROFILE_DEV_DEBUG=0
cargo hack check --locked --feature-powerset \
    --exclude-features document-features,default,telegram,backon,testing,tower,tracing,serde,defmt
cargo hack check --locked --feature-powerset --depth 2 --exclude-features document-features
# Tests that need a feature say so: the others build with the default features, and with none.
cargo check --locked --tests
cargo check --locked --tests --no-default-features
# The tests of each feature with the runtime of the tests, and without the default features. Random scripts are few here, and
# what must not compile is left out: the tests of all features have both.
PROPERTY_CASES=1000 cargo hack test --clean-per-run --locked --features testing --each-feature --exclude-all-features \
    --exclude-features document-features,default --lib --tests -- --skip what_must_not_compile
