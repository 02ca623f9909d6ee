#!/usr/bin/env bash
# Compares flash and RAM of the runner on a thumbv7em, in bytes, with the table in examples/firmware/sizes.md. Fails
# if a size changed by more than 5 %, or flash or RAM exceeds its promise. `--update` writes the table again.
set -euo pipefail
cd "$(dirname "$0")/../.."
source ci/firmware/common.sh
target=thumbv7em-none-eabihf
kept=examples/firmware/sizes.md
firmware $target build --release --bins
firmware $target build --release --features heap --bin size_heap

sizes() { # PROGRAM; flash and RAM
    size -A "$(program $target "$1")" | awk '
        /^\.(vector_table|text|rodata|data) / { flash += $2 }
        /^\.(data|bss|uninit) / { ram += $2 }
        END { print flash, ram }'
}
read -r bare_flash bare_ram < <(sizes size_bare)
row() { # PROGRAM TITLE
    read -r flash ram < <(sizes "$1")
    echo "| $2 | $flash | $ram | $((flash - bare_flash)) | $((ram - bare_ram)) |"
}
static() { # PROGRAM SYMBOL; the bytes of a static of the program's own
    local bytes
    bytes=$("${NM:-nm}" --demangle --print-size "$(program $target "$1")" | awk -v name="$1::$2" '$4 == name { print $2 }')
    echo $((16#$bytes))
}
table=$(
    cat <<'TEXT'
# The cost of the runner on a chip

Bytes on thumbv7em-none-eabihf, as `ci/firmware/sizes.sh` reports them (opt-level "s", LTO): whole programs under
embassy, and their difference to the one by hand. The queue and the tickets hold 8 requests of 4 bytes; there are no
results.

| program | flash | RAM | flash over by hand | RAM over by hand |
| --- | ---: | ---: | ---: | ---: |
TEXT
    row size_bare "by hand: channel, send, signal"
    row size_runner "runner"
    row size_timeout "runner, timeout"
    row size_limiter "runner, limiter"
    row size_retry "runner, retry"
    row size_strategies "runner, all three"
    row size_heap "runner, all three, on the heap (16 KiB of the RAM)"
    cat <<'TEXT'

Where the RAM of the runner with all three goes:

| what | bytes | by hand |
| --- | ---: | ---: |
TEXT
    echo "| queue, tickets, counters; by hand a channel and a signal | $(static size_strategies STORE) |" \
        "$(($(static size_bare REQUESTS) + $(static size_bare ANSWER))) |"
    echo "| the worker's task | $(static size_strategies __embassy_main::POOL) | $(static size_bare __embassy_main::POOL) |"
    echo "| the caller's task | $(static size_strategies caller::POOL) | $(static size_bare caller::POOL) |"
)
echo "$table"
echo
echo "all three, the largest symbols:"
# `head` would break the pipe.
"${NM:-nm}" --demangle --print-size --size-sort "$(program $target size_strategies)" | tail -n 12 | cut -c10-150
read -r all_flash all_ram < <(sizes size_strategies)
# 8 requests and 8 tickets of 32 bytes each, as cost.sh prints. The task counts apart: cost.sh checks its future.
queue_and_tickets=$((8 * (32 + 32)))
task=$(($(static size_strategies __embassy_main::POOL) - $(static size_bare __embassy_main::POOL)))
besides=$((all_ram - bare_ram - queue_and_tickets - task))
echo
echo "all three cost $((all_flash - bare_flash)) bytes of flash over by hand (promised: at most 6144)"
echo "all three cost $((all_ram - bare_ram)) bytes of RAM over by hand: queue and tickets $queue_and_tickets," \
    "the worker's task $task, besides these $besides (promised: at most 256)"
if [ $((all_flash - bare_flash)) -gt 6144 ] || [ $besides -gt 256 ]; then
    echo "more than is promised" >&2
    exit 1
fi
if [ "${1-}" = --update ]; then
    echo "$table" >"$kept"
    exit
fi
# Compares each number with that of the kept table.
numbers() { grep '^| .* [0-9]' | cut --delimiter='|' --fields=3-4 | tr --delete ' '; }
if ! paste -d '|' <(numbers <"$kept") <(echo "$table" | numbers) | awk -F '|' '
    { for (i = 1; i <= 2; i++) if ($(i + 2) > $i * 1.05 || $(i + 2) < $i * 0.95) bad = 1 }
    END { exit bad || NR == 0 }'; then
    echo "a size changed by more than 5 %: see why, and run ci/firmware/sizes.sh --update" >&2
    exit 1
fi
