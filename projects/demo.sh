#!/usr/bin/env bash
# The whole path once, for real: a daemon of its own, the project lowercase, a request with curl, and everything stopped.
# `make demo` calls this. STAY=1 stays up; on a terminal it asks.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$checkout"
export PATH="$checkout/.venv/bin:$PATH"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

show() { # Print a command as one would type it, then run it.
    printf '$ %s\n' "$1"
    bash -c "$1"
    printf '\n'
}

ask() { # The same with a request, whose answer must be the one expected.
    printf '$ %s\n' "$1"
    reply=$(bash -c "$1")
    printf '%s\n\n' "$reply"
    if [ "$reply" != "$2" ]; then
        echo "demo: the answer should have been $2" >&2
        exit 1
    fi
}

for program in aanad aana; do
    if ! command -v "$program" >/dev/null; then
        echo "demo: there is no $program: run it as \`make demo\`, which installs it." >&2
        exit 1
    fi
done
if ! command -v curl >/dev/null; then
    echo "demo: there is no curl, which the demo sends its request with: install it (apt install curl)." >&2
    exit 1
fi

# A daemon of the demo's own: nothing of it is found in the state or on the sockets of an installed one.
unset AANA_CONTEXT
export AANA_CONFIG=/dev/null
export AANA_STATE_DIR="$checkout/.demo/state"
# Short, since it holds sockets; under /tmp, since the checkout's own path may be long.
AANA_RUNTIME_DIR=$(mktemp -d /tmp/aana-XXXXXX)
export AANA_RUNTIME_DIR
port=${AANA_SERVE__PORT:-8000}
log="$checkout/.demo/aanad.log"
daemon=""

left_over() { # The ids of processes that belong to this demo's runtime folder, Ray's and HAProxy's among them.
    grep -lzEs "^(AANA_RUNTIME_DIR|RAY_TMPDIR)=$AANA_RUNTIME_DIR(/|\$)" /proc/[0-9]*/environ | cut -d/ -f3 || true
}

# shellcheck disable=SC2317 # called by the trap
finish() {
    status=$?
    trap - EXIT
    export -n AANA_RUNTIME_DIR # Else this function's own programs would be found by left_over.
    trap '' INT TERM HUP # The end is orderly, however often Ctrl-C is pressed.
    if [ -n "$daemon" ] && kill -0 "$daemon" 2>/dev/null; then
        say "Stopping what the demo started"
        kill -TERM "$daemon" 2>/dev/null || true
        for _ in $(seq 600); do
            kill -0 "$daemon" 2>/dev/null || break
            sleep 0.1
        done
        if kill -0 "$daemon" 2>/dev/null; then
            echo "demo: aanad (pid $daemon) has not stopped within 60 s, it is killed." >&2
            kill -KILL "$daemon" 2>/dev/null || true
            status=1
        fi
        wait "$daemon" 2>/dev/null || true
    fi
    # Only a daemon that died without stopping Ray leaves something; the demo leaves nothing even then.
    pids=$(left_over)
    if [ -n "$pids" ]; then
        echo "demo: stopping what aanad left behind:" $pids >&2
        kill -KILL $pids 2>/dev/null || true
        [ "$status" -ne 0 ] || status=1
    fi
    rm -rf "$AANA_RUNTIME_DIR"
    if [ "$status" -ne 0 ] && [ "$status" -ne 130 ] && [ -s "$log" ]; then
        echo "demo: failed; the daemon's last words ($log):" >&2
        tail -n 10 "$log" >&2
        grep -shE '^(error|hint): ' "$AANA_STATE_DIR/logs/ray-unit.out" >&2 || true
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

rm -rf "$AANA_STATE_DIR"
mkdir -p "$AANA_STATE_DIR"

say "Starting aanad"
# In a session of its own: Ctrl-C in this terminal reaches the demo, and the demo stops the daemon in order.
setsid aanad >"$log" 2>&1 &
daemon=$!
for _ in $(seq 300); do
    aana status >/dev/null 2>&1 && break
    if ! kill -0 "$daemon" 2>/dev/null; then
        echo "demo: aanad has ended instead of starting." >&2
        exit 1
    fi
    sleep 0.1
done
aana status

say "Deploying projects/lowercase"
aana deploy projects/lowercase

say "Sending it a request"
url="http://127.0.0.1:$port/lowercase/lowercase"
ask "curl -sS $url -H 'content-type: application/json' -d '{\"text\": [\"Hello, AANA!\"]}'" '{"text":["hello, aana!"]}'
ask "curl -sS $url -F body='{\"text\": [\"As a FORM, too\"]}'" '{"text":["as a form, too"]}'

show "aana ps"
show "aana replicas"

stay=${STAY:-0}
if [ "$stay" = 0 ] && [ -t 0 ] && [ -t 1 ]; then
    printf 'Stay up, to look around? [y/N] '
    read -r answer || answer=""
    case $answer in [yY]*) stay=1 ;; esac
fi
if [ "$stay" != 0 ]; then
    say "It stays up until Ctrl-C. In another terminal, from this folder:"
    cat <<EOF
  export PATH="\$PWD/.venv/bin:\$PATH" AANA_CONTEXT=unix://$AANA_RUNTIME_DIR/aanad.sock
  aana ps                     what is deployed, and how it is
  aana logs -f lowercase      its logs as they come
  aana tui                    the console
  curl http://127.0.0.1:$port/lowercase/docs
EOF
    # A daemon that ends by itself is a failure; Ctrl-C is the demo's proper end.
    trap 'exit 0' INT TERM HUP
    wait "$daemon" || true
    echo "demo: aanad has ended by itself." >&2
    exit 1
fi
