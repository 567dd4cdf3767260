#!/usr/bin/env bash
# Runs fuzz targets under libFuzzer for a long time: fuzz/run.sh SECONDS [TARGET…]
# Needs a nightly toolchain. New inputs that reach more code go to fuzz/found/TARGET; what fails to fuzz/artifacts/TARGET.
# With cargo-fuzz installed, `cargo +nightly fuzz run --features libfuzzer TARGET` does the same.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:?how many seconds for each target?}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=($(cd fuzz_targets && ls ./*.rs | sed 's|^\./||; s|\.rs$||'))
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Cdebug-assertions -Coverflow-checks -Ccodegen-units=4"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../target}/fuzz
for target in "${targets[@]}"; do
    RUSTFLAGS="$flags" cargo +nightly build --quiet --release --config profile.release.lto=false --config 'profile.release.panic="unwind"' \
        --config profile.release.codegen-units=4 --target "$host" --features libfuzzer --bin "$target"
    mkdir -p "found/$target" "artifacts/$target"
    "$CARGO_TARGET_DIR/$host/release/$target" "found/$target" "corpus/$target" -max_total_time="$seconds" \
        -artifact_prefix="artifacts/$target/" -timeout=20 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1
done
