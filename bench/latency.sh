#!/bin/sh
# How long it takes from a bad sample to a page: the distribution, of a release build.
#
#   bench/latency.sh [ROUNDS]        ANDON_BIN names another binary
set -eu
cd "$(dirname "$0")/.."
ANDON_ROUNDS="${1:-200}" exec cargo test --quiet --release --package andon --test it -- --nocapture \
    latency::a_bad_sample_pages_in_milliseconds
