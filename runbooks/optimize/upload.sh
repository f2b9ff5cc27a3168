#!/bin/bash
# A copy of the published version in the results bucket: the instance that replaces this one knows nothing of it.
# shellcheck disable=SC2154 # work: work.sh; SSM_*: the agent
set -euo pipefail
fail() {
  echo "$*" >&2
  exit 1
}

report=$work/report.json
published=$(python3 -c 'import json, sys; print((json.load(open(sys.argv[1])).get("published") or {}).get("path", ""))' "$report")
if [[ -z $published ]]; then
  echo 'nothing was published'
  exit
fi
if [[ -z ${SSM_ResultsBucket-} ]]; then
  echo "no bucket is known: $published is the only copy"
  exit
fi
command -v aws >/dev/null || fail "without the AWS CLI $published is the only copy: the instance that replaces this one has none"
archive=s3://$SSM_ResultsBucket/optimize/$SSM_COMMAND_ID/${AWS_SSM_INSTANCE_ID:?}/model.tar.gz
tar -C "$(dirname "$published")" -czf - "$(basename "$published")" |
  AWS_DEFAULT_REGION=${AWS_SSM_REGION_NAME-} aws s3 cp --only-show-errors - "$archive" ||
  fail "cannot upload $archive, for which the instance's role needs s3:PutObject (grants.runOn): \
$published is the only copy"
python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
report["published"]["archive"] = sys.argv[2]
json.dump(report, open(sys.argv[1], "w"), indent=1)
' "$report" "$archive"
echo "a copy is $archive"
echo "To keep it when the instance is replaced, unpack it into the folder of the model that the stack deploys,"
echo "as version $(basename "$published") beside the others, and deploy."
