#!/usr/bin/env bash
# Measures a request on the chip, by QEMU's count of instructions: with the runner and with hand-written code, both
# plain and with a timeout, a limiter and retries. Fails if a ratio exceeds the kept one by more than 5 %, or breaks
# a promise.
set -euo pipefail
cd "$(dirname "$0")/../.."
source ci/firmware/common.sh
firmware thumbv7em-none-eabihf build --release --bins

declare -A instructions stack future
for program in cost_bare cost_runner cost_bare_strategies cost_strategies; do
    report=$(emulate "$program")
    instructions[$program]=$(sed -n 's/^instructions //p' <<<"$report")
    stack[$program]=$(sed -n 's/^stack //p' <<<"$report")
    future[$program]=$(sed -n 's/^future //p' <<<"$report")
    echo "$program: ${instructions[$program]} instructions a request, ${stack[$program]} bytes of stack"
done
# Leaves out the limiter's 1024 stamps of 8 bytes, which keep it from waiting. The stack includes them: they are
# built there.
echo "worker's future: ${future[cost_runner]} bytes; $((future[cost_strategies] - 8192)) with all three, without stamps"
read -r store place ticket < <(sed -n 's/^store //p' <<<"$report")
echo "storage for 8 requests and 8 tickets: $store bytes, of which $place a request and $ticket a ticket"

failed=
compare() { # RUNNER BY_HAND KEPT, a ratio in hundredths
    local ratio=$((100 * instructions[$1] / instructions[$2]))
    echo "$1 takes $ratio % of the instructions of $2 (kept: $3 %, promised: 200 %)"
    [ "$ratio" -le $(($3 * 105 / 100)) ] && [ "$((instructions[$1]))" -le $((2 * instructions[$2])) ] || failed=1
}
compare cost_runner cost_bare 195
compare cost_strategies cost_bare_strategies 123
if [ -n "$failed" ]; then
    echo "a request costs more than is promised, or than the kept ratio and 5 %" >&2
    exit 1
fi
# The promise is for a limiter of eight stamps, 8 bytes each.
if [ $((future[cost_strategies] - 8192 + 64)) -gt 512 ]; then
    echo "the worker's future takes more than 512 bytes" >&2
    exit 1
fi
