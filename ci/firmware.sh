#!/usr/bin/env bash
# Checks the firmware in QEMU: it has no allocator, keeps its costs, and delivers all the way from the chip to the
# Bot API.
set -euo pipefail
cd "$(dirname "$0")"
firmware/link_map.sh
firmware/sizes.sh
firmware/cost.sh
firmware/run.sh
