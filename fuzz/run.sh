#!/usr/bin/env bash
# Runs fuzz targets under libFuzzer for a long time: fuzz/run.sh SECONDS [TARGET…]
# SECONDS are of a processor, for each target, what it starts itself counted: neighbours do not shorten a run. JOBS=2 runs two
# targets at a time, LOGS=DIR puts their output there (else fuzz/logs). One line a target is printed as each ends.
# Needs a nightly toolchain, and Linux for the processor time. New inputs that reach more code go to fuzz/found/TARGET; what
# fails to fuzz/artifacts/TARGET. With cargo-fuzz installed, `cargo +nightly fuzz run --features libfuzzer TARGET` does the same.
set -euo pipefail
seconds=${1:?how many processor seconds for each target?}
shift
logs=$(realpath -m "${LOGS:-$(dirname "$0")/logs}")
cd "$(dirname "$0")"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=($(cd fuzz_targets && ls ./*.rs | sed 's|^\./||; s|\.rs$||'))
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Cdebug-assertions -Coverflow-checks -Ccodegen-units=4"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../target}/fuzz
RUSTFLAGS="$flags" cargo +nightly build --quiet --release --config profile.release.lto=false --config 'profile.release.panic="unwind"' \
    --config profile.release.codegen-units=4 --target "$host" --features libfuzzer "${targets[@]/#/--bin=}"
mkdir -p "$logs"

# Processor seconds of a process and of those children that it waited for.
spent() {
    local fields ticks
    fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return
    read -r -a fields <<<"$fields"
    ticks=$((fields[11] + fields[12] + fields[13] + fields[14]))
    echo $((ticks / $(getconf CLK_TCK)))
}

run() {
    local target=$1 log=$logs/$1.log process used=0 now status=0
    mkdir -p "found/$target" "artifacts/$target"
    nice -n 19 "$CARGO_TARGET_DIR/$host/release/$target" "found/$target" "corpus/$target" \
        -artifact_prefix="artifacts/$target/" -timeout=20 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 >"$log" 2>&1 &
    process=$!
    # The input at hand is finished before it exits, so what ends a run never looks like a defect.
    while now=$(spent $process); do
        used=$now
        [ "$used" -lt "$seconds" ] || kill -USR1 $process 2>/dev/null || true
        sleep 1
    done
    wait $process || status=$?
    sed -n 's/^#[0-9]*.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' "$log" | tail -n 1 | {
        read -r reached || reached="nothing reached"
        inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "$target: ${inputs:-?} inputs, $reached, $used s, status $status"
    }
    return $status
}

running=0 failed=0
for target in "${targets[@]}"; do
    if [ $running -ge "${JOBS:-1}" ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    run "$target" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
exit $failed
