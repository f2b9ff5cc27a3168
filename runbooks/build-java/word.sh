# Which runbook this is: before ../build/work.sh.
# shellcheck shell=bash disable=SC2034
word=build-java
