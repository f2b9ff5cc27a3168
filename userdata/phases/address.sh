# The server's name: an A record that follows the instance, moved once this one answers.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

phase_address() {
  [[ -n $GTF_DNS_ZONE ]] || return 0
  local address change id
  address=$(metadata local-ipv4)
  change=$(printf '{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":%s,"Type":"A","TTL":5,"ResourceRecords":[{"Value":%s}]}}]}' \
    "$(json_string "$GTF_DNS_NAME")" "$(json_string "$address")")
  id=$(must "cannot point $GTF_DNS_NAME at $address" aws route53 change-resource-record-sets \
    --hosted-zone-id "$GTF_DNS_ZONE" --change-batch "$change" --query ChangeInfo.Id --output text)
  # The signal lets the old instance go: by then the name must lead here.
  must "$GTF_DNS_NAME does not lead to $address yet" aws route53 wait resource-record-sets-changed --id "$id"
}
