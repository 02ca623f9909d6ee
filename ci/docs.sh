#!/usr/bin/env bash
# Builds the docs without a warning, and checks each link and picture on their pages. Links to the crate's own pages on
# docs.rs are checked against these pages. README and guide compile as doc tests, by the test command.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTDOCFLAGS="-D warnings" cargo doc --locked --all-features --no-deps
docs=${CARGO_TARGET_DIR:-target}/doc
pages=${CARGO_TARGET_DIR:-target}/pages
rm -rf "$pages"
cp -r "$docs" "$pages"
root=file://$(realpath "$pages")
grep -rlF 'https://docs.rs/telegram-sender/latest/' --include='*.html' "$pages" |
    xargs --no-run-if-empty sed -i "s|https://docs.rs/telegram-sender/latest/|$root/|g"
# Traits of other crates bring docs of theirs, whose links lead nowhere outside of those crates.
find "$pages/telegram_sender" -name '*.html' -exec sed -i -E 's/href="[^"]*::[^"]*"//g' {} +
linkchecker --no-status --no-warnings --ignore-url=/dispatcher "$pages/telegram_sender/index.html"
