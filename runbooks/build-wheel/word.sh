# Which build it is: its folder, its place in the bucket, and what it keeps are called by this word.
# shellcheck shell=bash disable=SC2034 # ../build/work.sh
word=build-wheel
