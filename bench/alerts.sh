#!/bin/sh
# Alerts that others raise, beside Alertmanager, where it is installed: one run, the same requests, ratios.
#
#   bench/alerts.sh           ANDON_BENCH_ALERTS=10000,50000; ANDON_BIN, ALERTMANAGER name other binaries
set -eu
cd "$(dirname "$0")/.."
exec cargo bench --quiet --package andon --bench alerts
