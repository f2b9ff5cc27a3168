#!/usr/bin/env bats
# The server's name follows the instance.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  export GTF_DNS_ZONE=Z0123456789ABCDEFGHIJ GTF_DNS_NAME=server.serving.internal
  on curl <<<'[[ $* != *meta-data/local-ipv4* ]] || { printf 10.0.1.17; exit; }; usual "$@"'
  on aws <<<'[[ "$1 $2" != "route53 change-resource-record-sets" ]] || { echo /change/C0123456789; exit; }; usual "$@"'
}

@test "the record leads to this instance, and is waited for" {
  run -0 phase address
  assert_called 'route53 change-resource-record-sets --hosted-zone-id Z0123456789ABCDEFGHIJ'
  # Calls are recorded as words that a shell would read again.
  change=$(eval "printf '%s\n' $(calls change-resource-record-sets)" | grep '^{')
  [[ $change == '{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"server.serving.internal","Type":"A","TTL":5,"ResourceRecords":[{"Value":"10.0.1.17"}]}}]}' ]]
  assert_called 'route53 wait resource-record-sets-changed --id /change/C0123456789'
}

@test "a second run does the same again" {
  phase address
  run -0 phase address
  [[ $(count change-resource-record-sets) == 2 ]]
}

@test "without a zone nothing is asked of Route 53" {
  GTF_DNS_ZONE='' GTF_DNS_NAME='' run -0 phase address
  assert_not_called route53
}

@test "a refused change fails the boot with the reason" {
  on aws <<<'[[ $1 != route53 ]] || { echo "AccessDenied: not authorized" >&2; exit 254; }; usual "$@"'
  run -1 phase address
  assert_output_has 'cannot point server.serving.internal at 10.0.1.17: AccessDenied: not authorized (status 254)'
}

@test "a change that does not arrive in time fails the boot" {
  on aws <<<'case "$1 $2" in "route53 wait") echo "Max attempts exceeded" >&2; exit 255 ;; "route53 change-resource-record-sets") echo /change/C1; exit ;; esac; usual "$@"'
  run -1 phase address
  assert_output_has 'server.serving.internal does not lead to 10.0.1.17 yet: Max attempts exceeded'
}
