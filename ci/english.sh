#!/usr/bin/env bash
# The words that comments and docs do without: they start with a verb, name the thing that acts, and use the field's terms.
set -euo pipefail
cd "$(dirname "$0")/.."
places=(src tests examples benches ci README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md SECURITY.md)
files=$(git ls-files "${places[@]}" | grep --extended-regexp '\.(rs|md|toml|sh)$' | grep --invert-match '^ci/english.sh$')
comment='(//[/!]?|#!?|^[-*|]?)[[:space:]]*'
openings='(Gives?|Tells?|To be|Whether|Who|Whoever|What|Likewise|As above|As there)\b'
words='\b(hears? of|heard of|foreign code|in hand|in vain|turns? round|gives? way|gave way|whoever|which is to|which are to)\b'
found=$(
    # shellcheck disable=SC2086
    {
        grep --with-filename --line-number --extended-regexp "$comment$openings" $files || true
        grep --with-filename --line-number --extended-regexp --ignore-case "(//|#|^[^\`\"]*$).*$words|^[^\"]*$words" $(echo "$files" | grep '\.md$') || true
        grep --with-filename --line-number --extended-regexp --ignore-case "(//|^[[:space:]]*#).*$words" $(echo "$files" | grep --invert-match '\.md$') || true
    }
)
if [ -n "$found" ]; then
    echo "$found"
    echo "see *English* in CONTRIBUTING.md" >&2
    exit 1
fi
