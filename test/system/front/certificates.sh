#!/bin/bash
# A certificate authority of this run's own, and one certificate by it for AWS's names: certificates.sh FOLDER NAME…
# Leaves ca.crt, aws.pem and aws.key there; the authority's key is not kept.
set -euo pipefail
folder=$1
shift
names=$(printf ',DNS:%s' "$@")
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=graviton-tensorflow system test' \
  -keyout "$folder/ca.key" -out "$folder/ca.crt" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj '/CN=amazonaws.com' -keyout "$folder/aws.key" -out "$folder/aws.csr" 2>/dev/null
openssl x509 -req -days 2 -in "$folder/aws.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial \
  -extfile <(echo "subjectAltName=${names#,}") -out "$folder/aws.pem" 2>/dev/null
rm "$folder/ca.key" "$folder/aws.csr"
