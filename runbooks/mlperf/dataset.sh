#!/bin/bash
# The dataset in the layout that the harness reads: the user's, SQuAD's published one, or one made up here.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
# shellcheck source=../command/fetch.sh
. "$files/runbooks/command/fetch.sh"

# Where the harness looks.
images=$work/images
squad=$source/language/bert/build/data/dev-v1.1.json
vocabulary=$source/language/bert/build/data/bert_tf_v1_1_large_fp32_384_v2/vocab.txt

# A preprocessed image is 224 × 224 × 3 floats; the harness writes each to the disk before it begins.
need_disk_for_images() { # COUNT
  local needed=$(($1 * 602240 / 1048576)) free
  free=$(df -Pm "$work" | awk 'NR == 2 { print $4 }')
  ((free > needed)) || fail "the harness preprocesses $1 images, which needs $needed MiB, and $free MiB are free on the \
disk of $work: enlarge the volume, or take fewer by Samples"
}

fetch_images() {
  local list
  mkdir -p "$images"
  if [[ $dataset == s3://*/ ]]; then
    must "Dataset: cannot fetch $dataset, for which the instance's role needs s3:ListBucket and s3:GetObject" \
      aws s3 sync --only-show-errors "$dataset" "$images"
    printf 'Dataset\t%s\t\tunverified\n' "$dataset" >>"$work/sources"
  else
    fetch Dataset "$dataset" "$work/dataset.tar" "$SSM_DatasetChecksum"
    must "Dataset: cannot unpack ${dataset%%\?*}" tar --extract --no-same-owner --no-same-permissions \
      --file "$work/dataset.tar" --directory "$images"
    rm "$work/dataset.tar"
  fi
  list=$(find "$images" -maxdepth 2 -name val_map.txt -print -quit)
  [[ -n $list ]] || fail "Dataset: got ${dataset%%\?*}, which has no val_map.txt; allowed are images with a \
val_map.txt of lines 'ILSVRC2012_val_00000001.JPEG 65'"
  [[ ${list%/*} == "$images" ]] || images=${list%/*}
}

case $SSM_Workload in
  resnet50)
    if [[ -z $dataset ]]; then
      # As many as LoadGen holds in memory for a performance run: mlperf.conf.
      count=1024
      ((SSM_Samples == 0 || SSM_Samples > count)) || count=$SSM_Samples
      must 'cannot make the synthetic images' "$venv/bin/python" "$here/synthetic_images.py" "$images" "$count"
    else
      fetch_images
    fi
    count=$(wc -l <"$images/val_map.txt")
    ((SSM_Samples == 0 || SSM_Samples > count)) || count=$SSM_Samples
    need_disk_for_images "$count"
    echo "$images" >"$work/images.folder"
    ;;
  bert)
    mkdir -p "${vocabulary%/*}"
    case $dataset in
      '') must 'cannot make the synthetic questions' "$venv/bin/python" "$here/synthetic_squad.py" "$squad" "$vocabulary" ;;
      published)
        # The Makefile's own, by what their branch holds: its checksum is the one MLCommons' automation checks.
        fetch Dataset 'https://raw.githubusercontent.com/rajpurkar/SQuAD-explorer/master/dataset/dev-v1.1.json' "$squad" \
          "${SSM_DatasetChecksum:-md5:3e85deb501d4e538b6bc56f786231552}"
        ;;
      *) fetch Dataset "$dataset" "$squad" "$SSM_DatasetChecksum" ;;
    esac
    if [[ -n $SSM_Vocabulary ]]; then
      fetch Vocabulary "$SSM_Vocabulary" "$vocabulary" "$SSM_VocabularyChecksum"
    elif [[ -n $dataset ]]; then
      fetch Vocabulary 'https://zenodo.org/record/3733868/files/vocab.txt' "$vocabulary" \
        "${SSM_VocabularyChecksum:-md5:64800d5d8528ce344256daf115d4965e}"
    fi
    cp "$source/mlperf.conf" "$source/language/bert/build/mlperf.conf"
    ;;
esac
[[ -n $dataset ]] || say 'synthetic dataset: performance only, no accuracy'
