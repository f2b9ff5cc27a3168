#!/bin/bash
# What was built and not refused goes into the bucket, each file with the record of how it came about. Then nothing
# need be kept on the instance.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Upload
done_before Test "$work/tested"
if [[ -e $work/refused ]]; then
  say 'nothing is uploaded: the test refused it'
  exit
fi
must 'cannot install the AWS CLI' boot ensure_aws_cli
python3 "$build/record.py" records "$work" "$word"
# The record last: where it is, the file is whole.
while IFS=$'\t' read -r file key; do
  for suffix in '' .json; do
    must "cannot upload s3://$SSM_ArtifactsBucket/$key$suffix, for which the instance's role needs s3:PutObject \
(grants.runOn); the next command goes on from here" \
      aws s3 cp --only-show-errors "$file$suffix" "s3://$SSM_ArtifactsBucket/$key$suffix"
  done
  say "s3://$SSM_ArtifactsBucket/$key"
done <"$work/keys"
touch "$work/uploaded"
drop_kept
