#!/bin/sh
# kill -9 of a running Andon at random moments while people acknowledge by every way, sign in, take over and silence, and
# sources of every format send; and whether anything that was answered with 2xx is lost or done twice.
#
#   bench/boundary.sh [KILLS]    ANDON_BIN names another binary, ANDON_SEED repeats the moments
set -eu
cd "$(dirname "$0")/.."
ANDON_BOUNDARY_KILLS="${1:-100}" exec cargo test --quiet --package andon --test it -- --nocapture \
    boundary::killed::nothing_answered_is_lost_or_done_twice
