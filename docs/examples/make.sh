#!/bin/sh
# Makes the example reports anew from cases on this machine:
#
#     docs/examples/make.sh target/release/coroner NAME=CASE...
#
# for instance `rain-units=cases/rain`, or with every study `loan-two-versions=tests/data/studies --studies`. Each report is one folder beside this script; the same case gives the same bytes.
set -eu
coroner=$1
shift
here=$(dirname "$0")
studies=
for word in "$@"; do
    [ "$word" != --studies ] || studies=--studies
done
for pair in "$@"; do
    [ "$pair" != --studies ] || continue
    name=${pair%%=*}
    rm -rf "${here:?}/$name"
    # shellcheck disable=SC2086 # nothing, or one word
    "$coroner" report "${pair#*=}" $studies -o "$here/$name"
done
