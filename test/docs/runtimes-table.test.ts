import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { TensorFlowRuntime } from '../../lib';
import { DEEP_LEARNING_CONTAINERS } from '../../lib/serving/released-containers';
import { ROOT } from '../support/snippets';

const [, section] = readFileSync(path.join(ROOT, 'README.md'), 'utf8').split('### Runtimes');

test('every runtime is in the README', () => {
  const factories = Object.getOwnPropertyNames(TensorFlowRuntime).filter((name) => typeof TensorFlowRuntime[name as keyof typeof TensorFlowRuntime] === 'function');

  expect(factories).toContain('dockerHub');
  expect(factories.filter((name) => !section.split('\n## ')[0].includes(`.${name}(`))).toEqual([]);
});

test('the README has each container\'s end of patch', () => {
  const [, listed] = /end of patch by version of the Deep Learning Container: (.*)\.\n/.exec(section)!;

  expect(listed.split(', ')).toEqual(DEEP_LEARNING_CONTAINERS.map(({ version, endOfPatch }) => `${version} ${endOfPatch}`));
});
