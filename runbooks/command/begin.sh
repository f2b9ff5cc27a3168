# How a command that runs programs begins: its work folder, the lock, the guard, what its document carries.
# shellcheck shell=bash disable=SC2154 # base, work: ../troubleshoot/work.sh

# begin SECONDS: more than all steps may take together.
begin() {
  # shellcheck disable=SC2329 # take_lock calls it
  end_leftovers() {
    end_shadow "$1"
    end_program "$1"
  }
  make_base
  take_lock "$1" command
  mkdir -p "$work"
  start_guard
  unpack_carried "$work/files"
}
