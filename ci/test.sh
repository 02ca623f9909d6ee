#!/usr/bin/env bash
# Runs the test command of the README.
set -euo pipefail
cd "$(dirname "$0")/.."
command=$(sed -n '/^Run the tests/,/^```$/{/^cargo/p}' README.md)
[ -n "$command" ] || { echo "the README has no test command" >&2; exit 1; }
echo "$command"
$command
