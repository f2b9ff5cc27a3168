#!/bin/bash
# Can this instance do it? Python, memory and disk, before anything is downloaded.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
# shellcheck source=../command/resources.sh
. "$files/runbooks/command/resources.sh"

# The v2.0 LoadGen compiles up to Python 3.10, and TensorFlow 2.16 begins with 3.9.
find_python() {
  local candidate
  for candidate in ${SSM_Python:-python3.10 python3.9 python3}; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 10))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "MLPerf inference v2.0 needs Python 3.9 or 3.10, and ${SSM_Python:-this instance} has \
$("${SSM_Python:-python3}" --version 2>&1 | tail -n 1 || :) only: install python3.10 with its headers and venv, or use \
Amazon Linux 2023 (Python 3.9) or Ubuntu 22.04 (Python 3.10)"
}

http_has_checksum() { # NAME URL CHECKSUM
  [[ $2 != http://* || -n $3 ]] || fail "$1: got ${2%%\?*}, which anyone on the way can change; allowed is http:// with \
${1}Checksum, https://, s3:// and file://"
}
http_has_checksum Model "$SSM_Model" "$SSM_ModelChecksum"
http_has_checksum Dataset "$dataset" "$SSM_DatasetChecksum"
http_has_checksum Vocabulary "$SSM_Vocabulary" "$SSM_VocabularyChecksum"
[[ $dataset != published || $SSM_Workload == bert ]] ||
  fail "Dataset: got published, which only SQuAD is; allowed for resnet50 are ImageNet's validation set as s3://, \
https:// or file:// tar, s3://bucket/prefix/, and nothing for a synthetic one"
[[ -z $SSM_DatasetChecksum || ( -n $dataset && $dataset != */ ) ]] ||
  fail "DatasetChecksum: got one for ${dataset:-a synthetic dataset}; allowed is one for a file"

case $SSM_Workload in
  resnet50)
    need_memory 3072 ResNet50 'use a larger instance or stop what else runs'
    # https://github.com/tensorflow/tensorflow/issues/62367
    [[ $(uname -m) != aarch64 || $SSM_Scenarios != *Offline* || $SSM_Samples != 0 ]] ||
      need_memory 33792 'ResNet50 Offline with TensorFlow 2.14 or later on aarch64' "use one with 64 GiB, such as \
c7g.8xlarge, m7g.4xlarge or r7g.2xlarge, or shorten the run by Samples"
    need_disk 5120 'the benchmark' "$base" 'enlarge the volume'
    ;;
  bert)
    need_memory 10240 'BERT-Large' 'use an instance with 16 GiB, such as c7g.2xlarge or m7g.xlarge'
    need_disk 6144 'the benchmark' "$base" 'enlarge the volume'
    ;;
esac
python=$(find_python)
echo "$python" >"$work/python"
say "$("$python" --version) at $python, $(memory_mib MemAvailable) MiB of memory free"
