import { existsSync } from 'node:fs';
import { ModelSource } from '../../lib';
import { folderWith, WHOLE_VERSION } from '../support/saved-models';

function shards(names: string[]): string[] {
  return ['1/saved_model.pb', ...names.map((name) => `1/variables/variables.${name}`)];
}

describe('a model directory is taken', () => {
  test.each<[string, string[]]>([
    ['with one version', WHOLE_VERSION],
    ['with several versions', [...WHOLE_VERSION, '2/saved_model.pb', '1700000000/saved_model.pb']],
    ['with a graph that has no variables', ['1/saved_model.pb']],
    ['with a text graph', ['1/saved_model.pbtxt']],
    ['with every shard', shards(['index', 'data-00000-of-00003', 'data-00001-of-00003', 'data-00002-of-00003'])],
    ['with things beside the versions', [...WHOLE_VERSION, 'README.md', 'staging/half.tmp', 'v2/saved_model.pb']],
    ['with assets and warm-up requests', [...WHOLE_VERSION, '1/assets/vocabulary.txt', '1/assets.extra/tf_serving_warmup_requests', '1/fingerprint.pb']],
  ])('%s', (_, files) => {
    expect(ModelSource.fromAsset(folderWith(files))).toBeInstanceOf(ModelSource);
  });
});

describe('a model directory is refused', () => {
  const allowed = 'allowed is a directory with <version>/saved_model.pb';

  test('that does not exist', () => {
    expect(existsSync('/nowhere/model')).toBe(false);
    expect(() => ModelSource.fromAsset('/nowhere/model')).toThrow(new Error(`model: got "/nowhere/model", which is not a readable directory; ${allowed}.`));
  });

  test('that is a file', () => {
    const file = `${folderWith(['saved_model.pb'])}/saved_model.pb`;

    expect(() => ModelSource.fromAsset(file)).toThrow(new Error(`model: got "${file}", which is not a readable directory; ${allowed}.`));
  });

  test.each<[string, string[]]>([['that is empty', []], ['whose versions are no numbers', ['v1/saved_model.pb', '1.0/saved_model.pb']], ['whose version is a file', ['1']]])('%s', (_, files) => {
    const folder = folderWith(files);

    expect(() => ModelSource.fromAsset(folder)).toThrow(new Error(`model: got "${folder}" without a version folder; ${allowed}, such as 1/saved_model.pb.`));
  });

  test('that is a SavedModel itself, with the way out', () => {
    const folder = folderWith(['saved_model.pb', 'variables/variables.index']);

    expect(() => ModelSource.fromAsset(folder)).toThrow(
      new Error(`model: got "${folder}" without a version folder; ${allowed}, such as 1/saved_model.pb; it holds a SavedModel itself: move it into ${folder}/1.`),
    );
  });

  test.each<[string, string[], string]>([
    ['without its graph', shards(['index', 'data-00000-of-00001']).slice(1), 'saved_model.pb'],
    ['without a shard', shards(['index', 'data-00000-of-00002']), 'variables/variables.data-00001-of-00002'],
    ['without two shards', shards(['index', 'data-00001-of-00003']), 'variables/variables.data-00000-of-00003, variables/variables.data-00002-of-00003'],
    ['without the index', shards(['data-00000-of-00001']), 'variables/variables.index'],
    ['without any shard', shards(['index']), 'variables/variables.data-*'],
    ['without its graph and its index', shards(['data-00000-of-00001']).slice(1), 'saved_model.pb, variables/variables.index'],
  ])('with a version %s', (_, files, missing) => {
    const folder = folderWith([...files, '2/saved_model.pb']);

    expect(() => ModelSource.fromAsset(folder)).toThrow(new Error(`model: version 1 in "${folder}" lacks ${missing}; allowed is a whole SavedModel.`));
  });

  test('when only one of its versions is broken', () => {
    const folder = folderWith([...WHOLE_VERSION, '12/variables/variables.index']);

    expect(() => ModelSource.fromAsset(folder)).toThrow(`model: version 12 in "${folder}" lacks saved_model.pb, variables/variables.data-*; allowed is a whole SavedModel.`);
  });
});
