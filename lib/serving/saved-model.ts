import { readdirSync, statSync } from 'node:fs';
import * as path from 'node:path';

/**
 * Checks that a directory is a model base path as TF Serving reads it: `<version>/saved_model.pb`,
 * with every shard that a version's `variables.data-*-of-N` promises.
 *
 * @throws one sentence that names the directory and what is missing
 * @internal
 */
export function validateModelBasePath(directory: string): void {
  const entries = list(directory);
  const versions = entries.filter((name) => /^\d+$/.test(name) && statSync(path.join(directory, name)).isDirectory());
  if (versions.length === 0) {
    const hint = entries.includes('saved_model.pb') ? `; it holds a SavedModel itself: move it into ${path.join(directory, '1')}` : '';
    throw new Error(`model: got "${directory}" without a version folder; allowed is a directory with <version>/saved_model.pb, such as 1/saved_model.pb${hint}.`);
  }
  for (const version of versions) {
    const missing = missingFiles(path.join(directory, version));
    if (missing.length > 0) {
      throw new Error(`model: version ${version} in "${directory}" lacks ${missing.join(', ')}; allowed is a whole SavedModel.`);
    }
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    throw new Error(`model: got "${directory}", which is not a readable directory; allowed is a directory with <version>/saved_model.pb.`);
  }
}

function missingFiles(version: string): string[] {
  const files = readdirSync(version);
  const missing = files.includes('saved_model.pb') || files.includes('saved_model.pbtxt') ? [] : ['saved_model.pb'];
  const variables = files.includes('variables') ? readdirSync(path.join(version, 'variables')) : [];
  const shards = variables.map((name) => /^variables\.data-(\d{5})-of-(\d{5})$/.exec(name)).filter((match) => match !== null);
  if (shards.length > 0 && !variables.includes('variables.index')) {
    missing.push('variables/variables.index');
  }
  for (const promised of new Set(shards.map((match) => match[2]))) {
    for (let shard = 0; shard < Number(promised); shard += 1) {
      const name = `variables.data-${String(shard).padStart(5, '0')}-of-${promised}`;
      if (!variables.includes(name)) {
        missing.push(`variables/${name}`);
      }
    }
  }
  if (shards.length === 0 && variables.includes('variables.index')) {
    missing.push('variables/variables.data-*');
  }
  return missing;
}
