#!/usr/bin/env bash
# Makes the pictures of this folder from the real program: the screens of the demo, at 120 columns and 36 lines.
#
#     assets/screenshots/make.sh [PROGRAM]
#
# Needs tmux and Python 3. Without a PROGRAM it builds the release and takes that.
set -euo pipefail
program=${1:+$(realpath "$1")}
cd "$(dirname "$0")"

if [ -z "$program" ]; then
    cargo build --release --quiet
    program=$(cargo metadata --format-version 1 --no-deps | python3 -c \
        'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/coroner
fi
columns=120 lines=36
home=$(mktemp -d)
terminal() { tmux -L "coroner-pictures-$$" -f /dev/null "$@"; }
leave() {
    terminal kill-server 2> /dev/null || true
    # The program may still be writing its last line.
    sleep 0.3
    rm -rf "$home"
}
trap leave EXIT

# Waits until words stand on the screen.
see() {
    # A busy machine takes minutes to examine the demo.
    for _ in $(seq 3000); do
        if terminal capture-pane -p | grep -qF -- "$1"; then return; fi
        sleep 0.1
    done
    echo "waited in vain for: $1" >&2
    terminal capture-pane -p >&2
    exit 1
}

press() {
    terminal send-keys "$@"
    # The answer of a key is on the screen within a few milliseconds.
    sleep 0.3
}

picture() {
    terminal capture-pane -e -p | python3 picture.py $columns $lines > "$1.svg"
    echo "$1.svg"
}

HOME=$home XDG_STATE_HOME=$home XDG_CACHE_HOME=$home XDG_CONFIG_HOME=$home LC_ALL=C.UTF-8 \
    terminal new-session -d -x $columns -y $lines -c "$home" "TERM=xterm-256color '$program' demo"
see "checks done in"
picture triage
press 2 && see "▐2 Pipeline" && picture pipeline
press 3 && see "▐3 Drift" && picture drift
press Enter && see "▐4 Feature" && picture feature
press 5 && see "▐5 Concept" && picture concept
press 6 && see "▐6 Support" && picture support
press 7 && see "▐7 Diagnosis" && picture diagnosis
press Space && press A
press 8 && see "Begin with" && picture remedy
press 9 && see "▐9 Report" && see "Incident report" && picture report
