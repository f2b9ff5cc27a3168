import { BUILD_JAVA } from '../../lib/runbooks/runbook-names';
import { type JavaBuild, parseJavaBuild } from '../reports/build-java';
import { javaView } from './java-view';
import type { BuildKind } from './run';

export const javaKind: BuildKind<JavaBuild> = {
  word: BUILD_JAVA, name: 'Java-building runbook', construct: 'BuildTensorFlowJavaRunbook', command: 'graviton-tf build java', parse: parseJavaBuild, view: javaView,
};
