#!/usr/bin/env bash
# Runs the firmware in QEMU and the gateway, end to end: ten thousand requests over a line that loses, breaks and
# doubles frames, while the gateway is killed and the chip is reset. Shorter runs follow: on the heap, on another
# chip, on a good line. `--sabotage` also shows that the demonstration fails without each of its guards.
set -euo pipefail
cd "$(dirname "$0")/../.."
source ci/firmware/common.sh

firmware thumbv7em-none-eabihf build --release --bin sensor
firmware thumbv7em-none-eabihf build --release --features heap --bin sensor_heap
firmware thumbv7m-none-eabi build --release --bin sensor
# Built with the same features as for the tests.
cargo build --locked --example gateway --all-features
gateway=${CARGO_TARGET_DIR:-target}/debug/examples/gateway
demo() { # BOARD TARGET PROGRAM [more arguments]
    echo
    echo "$3 on $1 ${*:4}"
    "$gateway" demo --board "$1" --firmware "$(program "$2" "$3")" "${@:4}"
}

demo mps2-an386 thumbv7em-none-eabihf sensor
demo mps2-an386 thumbv7em-none-eabihf sensor_heap --readings 1000
demo mps2-an385 thumbv7m-none-eabi sensor --readings 1000
demo mps2-an386 thumbv7em-none-eabihf sensor --readings 1000 --faults 0 --restarts 0
if [ "${1-}" = --sabotage ]; then
    for guard in crc memory; do
        if demo mps2-an386 thumbv7em-none-eabihf sensor --readings 2000 --faults 30 --without "$guard"; then
            echo "nobody misses $guard" >&2
            exit 1
        fi
    done
fi
