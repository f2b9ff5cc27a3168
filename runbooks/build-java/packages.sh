#!/bin/bash
# Installs Maven, a JDK and, for a build, what the guide lists; what is there already is left alone by the packager.
# shellcheck source=../build/work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Packages
# shellcheck source=tables.sh
. "$here/tables.sh"

row=$(release_row)
read -r _ _ oldest newest _ <<<"$row"
distribution=$(distribution)

# A JDK that the release is built with, and Maven, may have been installed otherwise.
has_java() { find_jdk "$oldest" "$newest" >/dev/null && command -v mvn >/dev/null; }

kinds=(java)
if has_java; then kinds=(); fi
[[ $SSM_Source != build ]] || kinds+=(build)
if ((${#kinds[@]})); then
  mapfile -t packages < <(wanted_packages "$distribution" "${kinds[@]}")
  must "cannot install ${packages[*]}" boot install_packages "${packages[@]}"
fi
has_java || fail "TensorFlow Java $SSM_Release needs Maven and a JDK $oldest to $newest, and after installing \
${packages[*]} one is still missing: install it"
java=$(find_jdk "$oldest" "$newest")
echo "$java" >"$work/java.home"
note jdk "$("$java/bin/javac" -version 2>&1 | sed 's/^javac //')"
note maven "$(JAVA_HOME=$java mvn --batch-mode --version 2>/dev/null | sed -n 's/^\(\x1b\[[0-9;]*m\)*Apache Maven \([0-9.]*\).*/\2/p')"
must 'cannot install the AWS CLI' boot ensure_aws_cli
say "JDK in $java"
