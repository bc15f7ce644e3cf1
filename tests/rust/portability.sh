#!/bin/sh
# Tests the core for platforms that this machine is not: for Windows under Wine, for ARM under qemu.
# For macOS and musl it compiles the core and the bindings. It says what it could not do here.
#
#   TESTS="--lib" TARGETS="windows arm" tests/rust/portability.sh
#
# Property tests try fewer cases than elsewhere; PROPTEST_CASES, TFEVENTS_SCAN_CASES and
# TFEVENTS_FUZZ_CHANGES set their numbers.
# A target's standard library comes from `rustup target add`, or is built from the compiler's
# sources where these are installed.
set -u
cd "$(dirname "$0")/../.."
tests=${TESTS:---lib --tests}
targets=${TARGETS:-windows arm macos musl}
logs=target/portability
mkdir -p "$logs"
export CARGO_TARGET_DIR=target/portability/build PYO3_NO_PYTHON=1 PYO3_CROSS_PYTHON_VERSION=3.11
export WINEDEBUG=-all
# Emulators are slow.
export PROPTEST_CASES="${PROPTEST_CASES:-32}" TFEVENTS_SCAN_CASES="${TFEVENTS_SCAN_CASES:-60}"
export TFEVENTS_FUZZ_CHANGES="${TFEVENTS_FUZZ_CHANGES:-3}"
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
status=0

# NAME TARGET PROGRAMS COMMAND...
check() {
    name=$1 target=$2 programs=$3
    shift 3
    for program in $programs; do
        command -v "$program" >/dev/null || { echo "$name: not done, there is no $program"; return; }
    done
    if [ ! -d "$(rustc --print target-libdir --target "$target")" ]; then
        if command -v rustup >/dev/null && rustup target add "$target" >"$logs/$name.log" 2>&1; then
            :
        elif [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
            export RUSTC_BOOTSTRAP=1
            set -- "$@" -Zbuild-std
        else
            echo "$name: not done, there is no standard library: rustup target add $target"
            return
        fi
    fi
    if cargo "$@" --locked --target "$target" >"$logs/$name.log" 2>&1; then
        passed=$(sed -n 's/^test result: ok. \([0-9]*\) passed.*/\1/p' "$logs/$name.log")
        case $1 in
        check) echo "$name: it compiles" ;;
        *) echo "$name: $(echo "$passed" | awk '{n += $1} END {print n + 0}') tests passed" ;;
        esac
    else
        echo "$name: FAILED, see $logs/$name.log"
        status=1
    fi
}

for target in $targets; do
    case $target in
    windows)
        # shellcheck disable=SC2086 # They are several arguments.
        check windows x86_64-pc-windows-gnu "x86_64-w64-mingw32-gcc wine" test --package tfevents $tests ;;
    arm)
        # shellcheck disable=SC2086
        check arm aarch64-unknown-linux-gnu "aarch64-linux-gnu-gcc qemu-aarch64" test --package tfevents $tests ;;
    macos) check macos aarch64-apple-darwin "" check --package tfevents --package tfevents-python ;;
    musl) check musl x86_64-unknown-linux-musl "" check --package tfevents --package tfevents-python ;;
    *) echo "unknown target: $target" >&2; exit 2 ;;
    esac
done
exit $status
