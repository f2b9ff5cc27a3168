import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * The checksum of a folder: sha256 of the lines `find . -type f | LC_ALL=C sort | xargs sha256sum`
 * prints, which the instance computes over what it unpacked. An asset's own hash cannot serve: it is
 * taken from the source, and the zip's bytes differ from machine to machine.
 *
 * @internal
 */
export function treeChecksum(folder: string): string {
  const lines = filesBelow(folder)
    .map((file) => `./${path.relative(folder, file).split(path.sep).join('/')}`)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(checkName)
    .map((name) => `${sha256(readFileSync(path.join(folder, name)))}  ${name}\n`);
  return sha256(lines.join(''));
}

/** Where an asset was staged: `asset.assetPath` is relative to the cloud assembly of its own stage. @internal */
export function stagedPath(scope: Construct, assetPath: string): string {
  return path.resolve(Stage.of(scope)!.outdir, assetPath);
}

/** sha256sum escapes these, so that the instance would find another checksum. */
function checkName(name: string): string {
  if (/[\\\n\r]/.test(name)) {
    throw new Error(`asset: got the file name ${JSON.stringify(name)}; allowed are names without backslashes and line breaks.`);
  }
  return name;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? filesBelow(file) : [file];
  });
}
