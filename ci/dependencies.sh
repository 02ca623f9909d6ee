#!/usr/bin/env bash
# Checks the dependencies: licences, sources and duplicates; each is used; the default features have no tokio. Also
# checks for known vulnerabilities if the database of advisories can be reached.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo deny --locked --config ci/deny.toml check bans licenses sources
if timeout 60 cargo deny --locked --config ci/deny.toml fetch db; then
    cargo deny --locked --config ci/deny.toml check advisories
else
    echo "the database of advisories can't be reached from here: not checked"
fi
cargo machete
if cargo tree --locked --edges normal --prefix none | grep --extended-regexp '^tokio '; then
    echo "the default features pull in tokio" >&2
    exit 1
fi
