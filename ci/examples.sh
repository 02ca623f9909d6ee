#!/usr/bin/env bash
# The first command of the README, as it stands there: the whole machine against the stand-in.
set -euo pipefail
cd "$(dirname "$0")/.."
command=$(sed -n '/^See it work/,/^```$/{/^cargo/p}' README.md)
[ -n "$command" ] || { echo "the README has no first command" >&2; exit 1; }
echo "$command"
env -u TELEGRAM_BOT_TOKEN $command
