#!/bin/sh
# What Andon itself takes while its example runs: memory and processor, of the server and of its hands, from /proc.
# The workload is not counted.
#
#   bench/idle.sh [SECONDS]        ANDON_BIN names another binary
set -eu
cd "$(dirname "$0")/.."
seconds="${1:-60}"
settle=15
if [ -n "${ANDON_BIN:-}" ]; then
    andon=$ANDON_BIN
elif [ -x target/release/andon ]; then
    andon=target/release/andon
else
    andon=target/debug/andon
    echo "a development build: \`cargo build --release\` makes the one that counts"
fi
[ -x "$andon" ] || { echo "there is no $andon: \`cargo build --release\` makes one" >&2; exit 2; }

place=$(mktemp -d)
# Stopped in order, it stops the workload too.
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$place"' EXIT
trap 'exit 1' INT TERM
ANDON_LOG=warn "$andon" up examples/storefront --listen 127.0.0.1:0 --data "$place/data" >"$place/said" 2>"$place/log" &
server=$!
until grep -q 'Andon is up' "$place/said"; do
    kill -0 "$server" 2>/dev/null || { cat "$place/said" "$place/log" >&2; exit 1; }
    sleep 0.2
done
sleep "$settle"
# The hands are its only child that is an andon as well; the others are the workload.
hands=
for child in $(cat /proc/"$server"/task/*/children); do
    grep -qz '^hands$' /proc/"$child"/cmdline && hands=$child
done
[ -n "$hands" ] || { echo "the hands are not there" >&2; cat "$place/log" >&2; exit 1; }

# Of a process: user and system time together, in ticks of the clock; the name before them may hold blanks.
ticks() { sed 's/.*) //' /proc/"$1"/stat | awk '{ print $12 + $13 }'; }
kib() { awk -v what="$2:" '$1 == what { print $2 }' /proc/"$1"/status; }

before_server=$(ticks "$server") before_hands=$(ticks "$hands")
sleep "$seconds"
hz=$(getconf CLK_TCK)
report() {
    awk -v name="$1" -v rss="$(kib "$2" VmRSS)" -v peak="$(kib "$2" VmHWM)" -v used="$(($(ticks "$2") - $3))" \
        -v hz="$hz" -v seconds="$seconds" \
        'BEGIN { printf "%-8s %6.1f MiB resident (%.1f at most), %.2f %% of a core\n", name, rss / 1024, peak / 1024, 100 * used / hz / seconds }'
}
echo "$andon with the example, $seconds s after $settle s to settle:"
report server "$server" "$before_server"
report hands "$hands" "$before_hands"
