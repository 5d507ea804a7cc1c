#!/bin/sh
# How long Andon takes from its start to its first answer with a long history: a release build.
#
#   bench/start.sh [EVENTS]        ANDON_BIN names another binary
set -eu
cd "$(dirname "$0")/.."
ANDON_EVENTS="${1:-100000}" exec cargo test --quiet --release --package andon --test it -- --nocapture \
    history::a_long_history_does_not_delay_the_start
