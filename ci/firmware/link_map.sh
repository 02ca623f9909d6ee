#!/usr/bin/env bash
# Checks that the link map of the firmware without an allocator has no symbol of an allocator or of std. The firmware
# with the heap shows that the search finds such symbols.
set -euo pipefail
cd "$(dirname "$0")/../.."
source ci/firmware/common.sh
target=thumbv7em-none-eabihf
firmware $target build --release --bin sensor
firmware $target build --release --features heap --bin sensor_heap

unwanted() { # PROGRAM
    "${NM:-nm}" --demangle "$(program $target "$1")" | cut --delimiter=' ' --fields=3- |
        grep --extended-regexp '__rust_alloc|__rust_dealloc|__rust_realloc|__rg_|__rdl_|__rustc::__r|\b(alloc|std)::' || true
}
if [ -z "$(unwanted sensor_heap)" ]; then
    echo "the search finds no allocator in sensor_heap: it has gone blind" >&2
    exit 1
fi
if found=$(unwanted sensor) && [ -n "$found" ]; then
    echo "in the firmware without an allocator are:" >&2
    echo "$found" >&2
    exit 1
fi
symbols=$("${NM:-nm}" "$(program $target sensor)" | wc -l)
echo "none of the $symbols symbols of sensor is of an allocator or of std; sensor_heap has $(unwanted sensor_heap | wc -l)"
