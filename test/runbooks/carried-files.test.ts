import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CommandDocument } from '../../lib';
import type { DocumentContent } from '../../lib/runbooks/document-content';
import { renderDocument } from '../../lib/runbooks/render-document';
import { newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { folderWith } from '../support/saved-models';
import { messageOf } from '../support/thrown';
import { SCRIPTS, source, step } from './documents';
import { stringify } from 'yaml';

const UNPACK = path.join(__dirname, '..', '..', 'runbooks', 'command', 'unpack.sh');
const FILES = {
  'tools/a.py': 'print("{{ braces }}")\n\n\n# a comment\n',
  'tools/deep/b.sh': '#!/bin/bash\r\necho "é ✓ \\\\ \'"',
  'tools/empty.txt': '',
  'single.json': '{"a": 1}\n',
};
const LEFT_OUT = { 'tools/__pycache__/a.pyc': 'x', 'tools/tests/test_a.py': 'x', 'tools/README.md': 'x', 'tools/.hidden': 'x', 'tools/requirements.in': 'x', 'other.txt': 'x' };

/** A package with a runbook in runbooks/ask that carries what is beside it. */
function packaged(files: { [name: string]: string } = {}, carries: unknown = ['../../tools', '../../single.json', 'ask.sh']): string {
  const document = source({ mainSteps: [{ ...step('Ask', ['ask.sh']), carries }, step('Tell', ['tell.py'])] });
  const folder = folderWith({ ...FILES, ...LEFT_OUT, ...files, 'runbooks/ask/ask.sh': SCRIPTS['ask.sh'], 'runbooks/ask/tell.py': SCRIPTS['tell.py'], 'runbooks/ask/document.yaml': stringify(document) });
  return path.join(folder, 'runbooks', 'ask');
}

/** What the step's variables unpack to, by the script that every runbook has for it. */
function unpacked(document: DocumentContent, damage = (line: string) => line, environment = {}) {
  const folder = folderWith([]);
  const [carried, sha256] = document.mainSteps[0].inputs.runCommand.slice(1, 3);
  const script = `set -euo pipefail\nfail() { echo "$*" >&2; exit 1; }\n${damage(carried)}\n${sha256}\n. ${UNPACK}\nunpack_carried "$1/files"`;
  const { status, stderr } = spawnSync('bash', ['-c', script, 'unpack', folder], { encoding: 'utf8', env: { ...process.env, ...environment } });
  const names = status === 0 ? execFileSync('find', ['.', '-type', 'f', '-printf', '%P\\n'], { cwd: path.join(folder, 'files'), encoding: 'utf8' }).trim().split('\n').sort() : [];
  return { status, stderr, files: Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, 'files', name), 'utf8')])) };
}

const EXPECTED = { ...FILES, 'runbooks/ask/ask.sh': SCRIPTS['ask.sh'] };

/** Texts that do not compress. */
const large = (): { [name: string]: string } => ({ 'tools/large.txt': execFileSync('openssl', ['rand', '-base64', '80000'], { encoding: 'utf8' }) });

test('arrive bit for bit, at their places, without what is for authors alone', () => {
  const document = renderDocument(packaged());

  expect(unpacked(document)).toEqual({ status: 0, stderr: '', files: EXPECTED });
  expect(JSON.stringify(document)).not.toContain('{{');
  expect(Object.keys(document.mainSteps[0]).sort()).toEqual(['action', 'inputs', 'name']);
});

test('are the same bytes each time', () => {
  expect(renderDocument(packaged())).toEqual(renderDocument(packaged()));
});

test('are for the step that carries them', () => {
  const [ask, tell] = renderDocument(packaged()).mainSteps.map(({ inputs }) => inputs.runCommand.filter((line) => line.startsWith('CARRIED')).length);

  expect([ask, tell]).toEqual([2, 0]);
});

test.each<[string, (line: string) => string]>([
  ['cut', (line) => `${line.slice(0, -9)}'`], ['no base64', (line) => line.replace('eN', 'e-')], ['others', () => 'CARRIED=\'aGVsbG8=\''], ['gone', () => 'CARRIED=\'\''],
])('damaged (%s), none of them arrives', (_, damage) => {
  expect(unpacked(renderDocument(packaged()), damage)).toEqual({ status: 1, stderr: 'the programs that the document carries are damaged: deploy it again\n', files: {} });
});

describe('too large for the document', () => {
  const files = large();
  const folder = packaged(files);
  const stored: Buffer[] = [];
  const document = renderDocument(folder, { store: (carried) => { stored.push(carried); return 's3://carried/it'; } });
  const stub = { PATH: `${path.join(__dirname, 'command', 'stub')}:${process.env.PATH}` };

  function bucketWith(content: Buffer): string {
    const bucket = folderWith([]);
    mkdirSync(path.join(bucket, 'carried'));
    writeFileSync(path.join(bucket, 'carried', 'it'), content);
    return bucket;
  }

  test('they are fetched, and arrive bit for bit', () => {
    expect(unpacked(document, undefined, { ...stub, S3: bucketWith(stored[0]) })).toEqual({ status: 0, stderr: '', files: { ...EXPECTED, ...files } });
    expect(stored).toHaveLength(1);
  });

  test('others in their place are not unpacked', () => {
    const { stderr } = unpacked(document, undefined, { ...stub, S3: bucketWith(Buffer.from('hello')) });

    expect(stderr).toBe('the programs that the document carries are damaged: deploy it again\n');
  });

  test('a role that may not read them is told which right it lacks', () => {
    expect(unpacked(document, undefined, { ...stub, S3: folderWith([]) }).stderr).toMatch(/\ncannot fetch s3:\/\/carried\/it: the instance's role needs s3:GetObject there \(grants\.runOn\)\n$/);
  });

  test('without a place for them the document is refused', () => {
    expect(messageOf(() => renderDocument(folder))).toMatch(/document\.yaml: got \d+ bytes as JSON; allowed are 61440\. The largest steps: Ask \d+, Tell \d+\.$/);
  });

  test('a Command document keeps them as an asset that instances may be let fetch', () => {
    const stack = new Stack(newApp(), 'Stack');
    const command = new CommandDocument(stack, 'Runbook', { folder });
    const role = new iam.Role(stack, 'Instance', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    command.grants.fetch(role)!.assertSuccess();
    const template = Template.fromStack(stack);
    const [[, resource, ...more]] = rightsOf(template, 'Instance');
    const [{ Properties }] = Object.values(template.findResources('AWS::SSM::Document'));

    expect(more).toEqual([]);
    expect(resource).toMatch(/^arn:aws:s3:::cdk-hnb659fds-assets-111122223333-us-west-2\/[0-9a-f]{64}\.zlib$/);
    expect(JSON.stringify(Properties.Content.mainSteps[0].inputs.runCommand[1])).toContain(resource.slice(resource.lastIndexOf('/')));
  });
});

test('what fits needs no right to fetch it', () => {
  const stack = new Stack(newApp(), 'Stack');
  const role = new iam.Role(stack, 'Instance', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });

  expect(new CommandDocument(stack, 'Runbook', { folder: packaged() }).grants.fetch(role)).toBeUndefined();
});

describe('an error names where, what was got and what is allowed', () => {
  const refused = (folder: string): string => messageOf(() => renderDocument(folder)).replaceAll(`${path.resolve(folder, '..', '..')}/`, '').replaceAll('runbooks/ask/', '');

  test.each<[string, unknown, string]>([
    ['no list', 'tools', 'document.yaml: step "Ask": carries: got "tools"; allowed is a list of names of files and folders.'],
    ['an empty list', [], 'document.yaml: step "Ask": carries: got []; allowed is a list of names of files and folders.'],
    ['a file that is missing', ['../../none'], 'document.yaml: step "Ask": carries: got "none", which cannot be read (ENOENT); allowed are files and folders that exist.'],
  ])('%s', (_, carries, message) => {
    expect(refused(packaged({}, carries))).toBe(message);
  });

  test('what is no text', () => {
    const folder = packaged();
    writeFileSync(path.join(folder, '..', '..', 'tools', 'a.py'), Buffer.from([0xff, 0xfe]));

    expect(refused(folder)).toBe('document.yaml: step "Ask": carries: got "tools/a.py", which is no text in UTF-8; allowed are texts.');
  });

  test('two steps that carry', () => {
    const folder = packaged();
    const carries = ['ask.sh'];
    writeFileSync(path.join(folder, 'document.yaml'), stringify(source({ mainSteps: [{ ...step('Ask', ['ask.sh']), carries }, { ...step('Tell', ['tell.py']), carries }] })));

    expect(refused(folder)).toBe('document.yaml: mainSteps: got 2 steps with "carries"; allowed is one, whose script unpacks them for all.');
  });
});
