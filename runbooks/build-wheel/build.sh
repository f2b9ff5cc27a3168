#!/bin/bash
# Bazel, and what it has built as artifacts: the wheel, and libtensorflow_cc.so with its headers.
# shellcheck disable=SC2154
# shellcheck source=../build/work.sh
. "$work/files/runbooks/build/work.sh" Build
# shellcheck source=environment.sh
. "$here/environment.sh"
done_before Configure "$work/configured"
read -r _ target <"$work/needs"
set_environment
cd "$kept/tensorflow"

# What bazel has built, and what its rules have downloaded, stays for the next command. A .bazelrc of the instance's
# would decide beside TensorFlow's.
bazel=(bazel --nosystem_rc --nohome_rc "--output_user_root=$kept/bazel" --max_idle_secs=60)
options=(--verbose_failures -s --config=mkl_aarch64_threadpool
  "--repository_cache=$kept/repositories" --color=no --curses=no --show_progress_rate_limit=10
  "--jobs=$(<"$work/jobs")" "--local_ram_resources=$(<"$work/ram")"
  "--repo_env=TF_PYTHON_VERSION=$TF_PYTHON_VERSION" "--repo_env=HERMETIC_PYTHON_VERSION=$HERMETIC_PYTHON_VERSION"
  "--repo_env=CC=$CC")
# Later releases bring a compiler of their own, unless they are told to take this one.
if grep -qE '^(build|common):clang_local\b' .bazelrc; then options+=(--config=clang_local); fi
if [[ -n $SSM_BazelDownloads ]]; then
  # The rules' own addresses go without their scheme.
  # shellcheck disable=SC2016 # $1 is bazel's
  printf 'rewrite (.*) %s/$1\n' "${SSM_BazelDownloads#https://}" | sed 's,//*\$1,/$1,' >"$work/downloader.config"
  options+=("--experimental_downloader_config=$work/downloader.config")
fi
targets=("//tensorflow/tools/pip_package:$target" //tensorflow:libtensorflow_cc.so //tensorflow:install_headers)
# Without the second, the version is that of a snapshot.
[[ $target != wheel ]] || options+=(--repo_env=WHEEL_NAME=tensorflow_cpu --repo_env=ML_WHEEL_TYPE=release)

command=("${bazel[@]}" build "${options[@]}" "${targets[@]}")
printf '%s\n' "${command[@]}" >"$work/command"
status=0
"${command[@]}" </dev/null 2>&1 | python3 "$here/progress.py" "$logs/bazel.log" || status=${PIPESTATUS[0]}
"${bazel[@]}" shutdown </dev/null >>"$logs/bazel.log" 2>&1 || :
[[ $status == 0 ]] || fail "bazel ended with status $status: $(
  grep -E '^(ERROR|FATAL|FAILED)|error:' "$logs/bazel.log" | head -n 1 | cut -c 1-500 || :); the next command goes on from here"

rm -rf "$work/wheel" && mkdir -p "$work/wheel"
case $target in
  build_pip_package) must 'cannot make the wheel' ./bazel-bin/tensorflow/tools/pip_package/build_pip_package "$work/wheel" \
    </dev/null >"$logs/build_pip_package.log" ;;
  wheel) cp bazel-bin/tensorflow/tools/pip_package/wheel_house/*.whl "$work/wheel" ;;
esac
wheels=("$work/wheel"/*.whl)
wheel=${wheels[0]##*/}
[[ ${#wheels[@]} == 1 && $wheel =~ ^tensorflow[a-z0-9_]*-${SSM_Release//./\\.}(-|[.+]).*-cp3$(<"$work/python.minor")-[^-]+_aarch64\.whl$ ]] ||
  fail "bazel built $wheel; expected one wheel of TensorFlow $SSM_Release for Python 3.$(<"$work/python.minor") on aarch64"
mv "${wheels[0]}" "$artifacts/$wheel"

# Its links as they are.
library=libtensorflow_cc-$SSM_Release-linux-aarch64
mkdir -p "$work/$library/lib" "$work/$library/include"
must 'bazel built no libtensorflow_cc.so' cp -a bazel-bin/tensorflow/libtensorflow_cc.so* "$work/$library/lib"
# Which not every release parts from it.
for file in bazel-bin/tensorflow/libtensorflow_framework.so*; do [[ ! -e $file ]] || cp -a "$file" "$work/$library/lib"; done
find "$work/$library/lib" -name '*.params' -delete
cp -rL bazel-bin/tensorflow/include/. "$work/$library/include"
must 'cannot pack libtensorflow_cc.so' tar -C "$work" -czf "$artifacts/$library.tar.gz" "$library"
rm -rf "${work:?}/$library"
note folder "$SSM_Compiler-$(sed -n 's/^compiler\.version\t//p' "$work/facts" | tail -n 1)"
touch "$work/built"
say "$wheel and $library.tar.gz"
