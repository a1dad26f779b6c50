#!/bin/sh
# Makes the example reports anew from cases on this machine:
#
#     docs/examples/make.sh target/release/coroner NAME=CASE...
#
# for instance `rain-units=cases/rain`. Each report is one folder beside this script; the same case gives the same bytes.
set -eu
coroner=$1
shift
here=$(dirname "$0")
for pair in "$@"; do
    name=${pair%%=*}
    rm -rf "${here:?}/$name"
    "$coroner" report "${pair#*=}" -o "$here/$name"
done
