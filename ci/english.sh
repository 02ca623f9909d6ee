#!/usr/bin/env bash
# The openings and words that comments and docs avoid; CONTRIBUTING.md has the rule.
set -euo pipefail
cd "$(dirname "$0")/.."
openings='(Gives|Tells|To be|Whether|Who|Whoever|What|Likewise|As above)\b'
words='\b(hears? of|heard of|foreign code|in hand|in vain|turns? round|gives? way|gave way|whoever|which (is|are) to)\b'
code=$(git ls-files '*.rs')
texts=$(git ls-files '*.md' '*.sh' '*.toml' | grep --invert-match '^ci/english.sh$')
found=$(
    # shellcheck disable=SC2086
    {
        grep -nE "^\s*//[/!]?\s+$openings" $code || true
        grep -niE "^\s*//.*$words" $code || true
        grep -nE "^(# |- )?$openings" $texts || true
        grep -niE "$words" $texts || true
    }
)
[ -z "$found" ] || { echo "$found"; exit 1; }
