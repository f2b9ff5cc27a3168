#!/bin/bash
# What the shadow printed, for the results bucket. An existing log is not repeated: it may be anything on this
# instance that root can read, which is more than who runs a diagnosis may.
# shellcheck disable=SC2154 # work: work.sh
for name in served.out served.err probe.out probe.err; do
  [[ -f $work/$name && ! -L $work/$name ]] || continue
  echo "#@ $name"
  head -c 4000000 "$work/$name"
  echo
done
