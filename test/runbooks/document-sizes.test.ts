import * as path from 'node:path';
import { MOST_DOCUMENT_BYTES } from '../../lib/runbooks/document-content';
import { renderDocument } from '../../lib/runbooks/render-document';
import { troubleshootDefaults } from '../../lib/runbooks/troubleshoot-defaults';

/** As long as S3 allows, and as the longest account, region and qualifier make it. */
const bucket = 'b'.repeat(63);
const carried = `s3://${bucket}/${'0'.repeat(64)}.zlib`;
const images = `s3://${bucket}/${'i'.repeat(1024)}`;

/** What is left for the next change, though a deployment puts in its longest values. */
function bytesLeft(name: string, deployedDefaults: { [parameter: string]: string }): number {
  const defaults = name === 'troubleshoot' ? troubleshootDefaults() : {};
  const document = renderDocument(path.join(__dirname, '..', '..', 'runbooks', name), { defaults, deployedDefaults, store: () => carried });
  return MOST_DOCUMENT_BYTES - Buffer.byteLength(JSON.stringify(document));
}

// The least is a warning before the service's limit, which a deployment would meet.
test.each<[string, number, { [parameter: string]: string }]>([
  ['troubleshoot', 256, {}],
  ['optimize', 32_768, { ResultsBucket: bucket }],
  ['right-size', 32_768, {}],
  ['mlperf', 2_048, { Images: images }],
  ['build-wheel', 16_384, { ArtifactsBucket: bucket }],
  ['build-java', 16_384, { ArtifactsBucket: bucket, Model: images }],
])('%s leaves %i of its 61,440 bytes', (name, least, deployed) => {
  expect(bytesLeft(name, deployed)).toBeGreaterThanOrEqual(least);
});

test.each(['optimize', 'right-size', 'build-wheel', 'build-java'])('the programs of %s would not fit: they are fetched', (name) => {
  const [prepare] = renderDocument(path.join(__dirname, '..', '..', 'runbooks', name), { store: () => carried }).mainSteps;

  expect(prepare.inputs.runCommand).toContain(`CARRIED='${carried}'`);
});
