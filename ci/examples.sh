#!/usr/bin/env bash
# Runs each example by the command in its first lines. Then runs the README's first command: the whole machine
# against the stand-in.
set -euo pipefail
cd "$(dirname "$0")/.."
for example in examples/*.rs; do
    command=$(sed -n 's|^//! \(cargo run --example .*\)|\1|p' "$example")
    [ -n "$command" ] || { echo "$example does not say how to run it" >&2; exit 1; }
    echo "$command"
    $command
done
command=$(sed -n '/^See it work/,/^```$/{/^cargo/p}' README.md)
[ -n "$command" ] || { echo "the README has no first command" >&2; exit 1; }
echo "$command"
env -u TELEGRAM_BOT_TOKEN $command
