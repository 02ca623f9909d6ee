# Functions that the scripts here share. Source it from the root.

# Runs cargo on the firmware: TARGET COMMAND [arguments]. cargo finds the linker's arguments in the firmware's folder.
firmware() {
    (
        target_dir=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
        cd examples/firmware
        CARGO_TARGET_DIR=$target_dir/firmware ../../ci/firmware/build.sh "$@" --locked
    )
}

# Prints the path of a built program: TARGET NAME.
program() {
    echo "${CARGO_TARGET_DIR:-target}/firmware/$1/release/$2"
}

# Runs a program in QEMU on its own: NAME [more arguments of QEMU].
emulate() {
    timeout 60 qemu-system-arm -M mps2-an386 -icount shift=0 -nographic -monitor none -serial null \
        -semihosting-config enable=on,target=native "${@:2}" \
        -kernel "$(program thumbv7em-none-eabihf "$1")"
}
