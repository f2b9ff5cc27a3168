#!/bin/bash
# Can this instance do it? The release, the distribution, memory and disk, before anything is downloaded.
# shellcheck source=../build/work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Check
# shellcheck source=tables.sh
. "$here/tables.sh"
# shellcheck source=../command/resources.sh
. "$files/runbooks/command/resources.sh"

row=$(release_row)
read -r tensorflow commit _ _ state <<<"$row"
platform=$(platform)
distribution=$(distribution)
[[ $SSM_Source == build || $state == published ]] || fail "Release: got $SSM_Release with Source published, of which \
Maven Central has not all; allowed are $(rows releases release | awk '$NF == "published" { printf "%s%s", sep, $1; sep = " and " }'), \
or Source build"

# A build of 1.0.0 took 4.2 GB: Maven's repository, the wheel and its contents, the JARs and what they unpack, and
# TensorFlow for Python; without building it is 2.4 GB.
remedy='use one with more memory, such as m7g.large'
if [[ $SSM_Source == build ]]; then
  need_memory 6144 'building TensorFlow Java' "$remedy"
  need_disk 8192 'building TensorFlow Java' "$base" 'enlarge the volume'
else
  need_memory 3072 'testing TensorFlow Java' "$remedy"
  need_disk 4096 'testing TensorFlow Java' "$base" 'enlarge the volume'
fi
open_kept "TensorFlow Java $SSM_Release, $SSM_Source, $platform"
note release "$SSM_Release"
note folder "$SSM_Source"
note source "$SSM_Source"
note tensorflow "$tensorflow"
note platform "$platform"
note distribution "$distribution"
note commit "$commit"
say "TensorFlow Java $SSM_Release with TensorFlow $tensorflow for $platform, $SSM_Source, on $distribution"
