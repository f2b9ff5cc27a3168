#!/bin/bash
# The frozen graph, where the harness looks for it. Zenodo publishes no SHA-256: the MD5s are those that MLCommons'
# own automation checks.
# https://github.com/mlcommons/cm4mlops/blob/main/script/get-ml-model-resnet50/_cm.yaml
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
# shellcheck source=../command/fetch.sh
. "$files/runbooks/command/fetch.sh"
case $SSM_Workload in
  resnet50)
    published=https://zenodo.org/record/2535873/files/resnet50_v1.pb
    checksum=md5:7b94a2da05dd30f6c0af23a46bc08886
    file=$source/vision/classification_and_detection/resnet50_v1.pb
    ;;
  bert)
    published=https://zenodo.org/record/3939747/files/model.pb
    checksum=md5:dd72de12e8226f25f0128a1a864b97ad
    file=$source/language/bert/build/data/bert_tf_v1_1_large_fp32_384_v2/model.pb
    ;;
esac
# A model from elsewhere may be another one.
[[ -z $SSM_Model ]] || checksum=''
mkdir -p "${file%/*}"
fetch Model "${SSM_Model:-$published}" "$file" "${SSM_ModelChecksum:-$checksum}"
