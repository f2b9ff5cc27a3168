# What a command's steps share: folders, and how they say and fail.
# shellcheck shell=bash disable=SC2034,SC2154 # work: ../troubleshoot/work.sh; files: ../command/steps.sh
# shellcheck source=../command/steps.sh
. "$work/files/runbooks/command/steps.sh"
here=$files/runbooks/mlperf
source=$work/inference
venv=$work/venv
results=$work/results
# What is measured with: as asked for, else the deployment's images, else nothing but synthetic ones.
dataset=${SSM_Dataset-}
[[ -n $dataset || ${SSM_Workload-} != resnet50 ]] || dataset=${SSM_Images-}
[[ $dataset != synthetic ]] || dataset=''
