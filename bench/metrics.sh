#!/bin/sh
# The metrics engine beside Prometheus and VictoriaMetrics, where those are installed: one run, the same data, ratios.
#
#   bench/metrics.sh          ANDON_BENCH_SERIES, ANDON_BENCH_SAMPLES, ANDON_BENCH_PEERS; ANDON_BIN names another binary
set -eu
cd "$(dirname "$0")/.."
exec cargo bench --quiet --package andon --bench metrics
