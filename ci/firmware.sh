#!/usr/bin/env bash
# The firmware in QEMU: no allocator in it, what it costs, and the whole way from the chip to the Bot API.
set -euo pipefail
cd "$(dirname "$0")"
firmware/link_map.sh
firmware/sizes.sh
firmware/cost.sh
firmware/run.sh
