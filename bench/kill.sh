#!/bin/sh
# kill -9 of a running Andon at 200 random moments of outages, and whether anything was lost or done twice.
#
#   bench/kill.sh [KILLS]        ANDON_BIN names another binary, ANDON_SEED repeats the moments
set -eu
cd "$(dirname "$0")/.."
ANDON_KILLS="${1:-200}" exec cargo test --quiet --package andon --test it -- --nocapture \
    kill::killed_at_any_moment_nothing_is_lost_and_nothing_happens_twice
