#!/bin/sh
# Runs the tests of the reader's memory under what finds wrong uses of memory: Miri or
# AddressSanitizer, which a nightly toolchain has, or else valgrind. It says which, and what it saw.
set -eu
cd "$(dirname "$0")/../.."
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=target/sanitize
memory=columns::memory
# And of what is made of it: events to columns, files to runs, and tables.
all="--lib --test kinds --test reader"

# With the allocator's memory alone, of which these tools see the bounds; and, where they can, with
# mappings as they are otherwise.
plain="--cfg plain_memory"
if cargo +nightly miri --version >/dev/null 2>&1; then
    tool="Miri" covered="$memory"
    RUSTFLAGS="$plain" MIRIFLAGS=-Zmiri-disable-isolation PROPTEST_CASES=4 \
        cargo +nightly miri test --locked --package tfevents --lib $memory
elif [ -e "$(rustc +nightly --print sysroot 2>/dev/null)/lib/rustlib/$host/lib/librustc-nightly_rt.asan.a" ]; then
    tool="AddressSanitizer" covered="columns, reader, with plain memory and with mappings"
    # A table that no machine can hold is refused, which a test asks for.
    export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 PROPTEST_CASES="${PROPTEST_CASES:-32}"
    for flags in "$plain" ""; do
        RUSTFLAGS="-Zsanitizer=address $flags" \
            cargo +nightly test --locked --target "$host" --package tfevents $all
    done
elif command -v valgrind >/dev/null; then
    tool="valgrind" covered="$memory, with plain memory and with mappings"
    for flags in "$plain" ""; do
        RUSTFLAGS="$flags" PROPTEST_CASES="${PROPTEST_CASES:-4}" \
            CARGO_TARGET_$(echo "$host" | tr a-z- A-Z_)_RUNNER="valgrind --quiet --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite" \
            cargo test --locked --target "$host" --package tfevents --lib $memory
    done
else
    echo "make sanitize needs a nightly toolchain (rustup toolchain install nightly) or valgrind" >&2
    exit 1
fi
echo "$tool found nothing in the tests of $covered."
