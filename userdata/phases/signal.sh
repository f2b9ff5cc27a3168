# Tells CloudFormation that the instance serves.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

phase_signal() {
  # An instance that the group brings up by itself boots outside any stack operation, where CloudFormation
  # takes no signal. It serves all the same.
  signal SUCCESS "$instance" || say 'CloudFormation did not take the signal'
}
