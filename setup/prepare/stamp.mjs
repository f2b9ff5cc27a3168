import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** What a part was built from, as one short text. */
export function fingerprint(...sources) {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(source).update('\0');
  return hash.digest('hex');
}

export function isStamped(path, expected) {
  try {
    return readFileSync(path, 'utf8') === expected;
  } catch {
    return false;
  }
}

/** Last step of a build: without its stamp a part counts as not built. */
export function stamp(path, value) {
  writeFileSync(path, value);
}
