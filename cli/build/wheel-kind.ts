import { BUILD_WHEEL } from '../../lib/runbooks/runbook-names';
import { type WheelBuild, parseWheelBuild } from '../reports/build-wheel';
import type { BuildKind } from './run';
import { wheelView } from './wheel-view';

export const wheelKind: BuildKind<WheelBuild> = {
  word: BUILD_WHEEL, name: 'wheel-building runbook', construct: 'BuildTensorFlowWheelRunbook', command: 'graviton-tf build wheel', parse: parseWheelBuild, view: wheelView,
};
