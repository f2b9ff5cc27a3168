#!/bin/bash
# The JARs: built by `mvn install`, or fetched as they are published. Then as a Maven repository that holds them and
# what they depend on, of which everything that was not built here must be as releases.txt says.
# shellcheck source=../build/work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Build
# shellcheck source=tables.sh
. "$here/tables.sh"
# shellcheck source=maven.sh
. "$here/maven.sh"
platform=$(platform)
readonly DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.6.1

if [[ $SSM_Source == build ]]; then
  # The guide's `mvn install -X -T 16`, as many threads as there are vCPUs, without the debug log; for the platform as
  # the project's own CI names it. The tests of an operation that is downloaded for them alone are left out.
  # In its own folder, as in the guide: where the agent starts a step, /usr/bin, JavaCPP takes the compiler that lies
  # there for the project's.
  cd "$kept/java"
  maven 'cannot build TensorFlow Java' build --threads "$(getconf _NPROCESSORS_ONLN)" \
    "-Djavacpp.platform=$platform" -Dtest.download.skip=true "-DskipTests=$SSM_SkipTests" install
fi
cd "$work"
repository=$work/repository
maven "cannot fetch TensorFlow Java $SSM_Release from $SSM_MavenRepository" repository --file "$here/pom.xml" \
  "-Dtensorflow.release=$SSM_Release" "-Dtensorflow.platform=$platform" "-DoutputDirectory=$repository" \
  -Dmdep.useRepositoryLayout=true -Dmdep.copyPom=true -Dmdep.addParentPoms=true "$DEPENDENCY_PLUGIN:copy-dependencies"
python3 "$here/verify.py" "$here/releases.txt" "$platform" "$repository" "$artifacts" "$work/sources" "$kept/java"
printf '%s\n' "JAVA_HOME=$JAVA_HOME" "MAVEN_REPOSITORY=$MAVEN_REPOSITORY" >>"$work/environment"
remark "Maven's plugins are compared with the checksums of $SSM_MavenRepository alone."
touch "$work/built"
