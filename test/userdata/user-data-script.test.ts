import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Aws, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import fc from 'fast-check';
import { UserDataScript } from '../../lib';
import { newApp } from '../support/feature-flags';
import { folderWith } from '../support/saved-models';
import { exportsOf, userDataOf } from '../support/user-data';

const SCRIPT = '#!/bin/bash\nset -eu\necho done\n';

function scriptFile(content = SCRIPT): string {
  const file = path.join(folderWith([]), 'script.sh');
  writeFileSync(file, content);
  return file;
}

describe('values reach the script byte for byte, whatever they hold', () => {
  const file = scriptFile();

  test.each([
    '', ' ', 'plain', 'it\'s', '\'', '\'\'', '\'\\\'\'', '"quoted"', '$HOME ${HOME} $(id) `id` $((1+1))', 'a\nb\n\nc', '\n', 'ends\n', '\r\n\t', '\\', '\\n', '\\\'',
    '!history', '#comment', '; rm -rf /', '*', '~', 'größe 大 🎉', '\x01\x7f', '%s %d', '--flag', '\';\'', '\n\'\nEOF\n',
  ])('%j', (value) => {
    expect(exportsOf(UserDataScript.fromFile(file, { VALUE: value, NEXT: 'untouched' }).render(), file)).toEqual({ VALUE: value, NEXT: 'untouched' });
  });

  test('and any other', () => {
    // One bash for all: each value is a variable of its own. A lone surrogate is no text that UTF-8 could carry.
    const values = fc.sample(fc.string({ unit: 'binary', maxLength: 20 }), { numRuns: 300, seed: 1 }).filter((value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value));
    const variables = Object.fromEntries(values.map((value, index) => [`V${index}`, value]));

    expect(values.length).toBeGreaterThan(200);
    expect(exportsOf(UserDataScript.fromFile(file, variables).render(), file)).toEqual(variables);
  });
});

test('the script itself stays as it is, behind its shebang and the exports', () => {
  expect(UserDataScript.fromFile(scriptFile(), { B: 'x y', A_1: '' }).render()).toBe('#!/bin/bash\nexport B=\'x y\'\nexport A_1=\'\'\nset -eu\necho done\n');
  expect(UserDataScript.fromFile(scriptFile(), {}).render()).toBe(SCRIPT);
});

test('values that are only known at deployment are put in by CloudFormation', () => {
  const file = scriptFile();
  const stack = new Stack(newApp(), 'Stack');
  new ec2.LaunchTemplate(stack, 'Template', { userData: UserDataScript.fromFile(file, { REGION: Aws.REGION, BOTH: `a'b-${Aws.STACK_NAME}`, LAZY: Lazy.string({ produce: () => 'later' }) }) });

  expect(exportsOf(userDataOf(Template.fromStack(stack)), file)).toEqual({ REGION: 'us-west-2', BOTH: 'a\'b-Production-TensorFlow', LAZY: 'later' });
});

test.each(['lower', '1ST', 'A-B', 'A B', '', 'A=1;B', 'Ä', 'A\nB'])('%j is no variable name', (name) => {
  expect(() => UserDataScript.fromFile(scriptFile(), { [name]: '' })).toThrow(new Error(`user data: got the variable name "${name}"; allowed are capitals, digits and underscores.`));
});

test('a value with a NUL byte is refused, since no variable can hold one', () => {
  expect(() => UserDataScript.fromFile(scriptFile(), { A: 'a\0b' })).toThrow(new Error('user data: got a value with a NUL byte, which no variable can hold.'));
});

test.each(['echo hello\n', '', '\n#!/bin/bash\n', ' #!/bin/bash\n'])('%j has no shebang', (content) => {
  const file = scriptFile(content);

  expect(() => UserDataScript.fromFile(file, {})).toThrow(new Error(`user data: got "${file}", which begins with "${content.split('\n')[0]}"; allowed is a script with a shebang.`));
});

describe('EC2\'s 16,384 bytes', () => {
  const around = Buffer.byteLength(`${SCRIPT}export A=''\n`);
  const tooLarge = (bytes: number) => new Error(`user data: got up to ${bytes} bytes; allowed are 16384. Shorten the serving options' environment or batching.`);

  test('may be used to the last', () => {
    expect(Buffer.byteLength(UserDataScript.fromFile(scriptFile(), { A: 'x'.repeat(16_384 - around) }).render())).toBe(16_384);
    expect(() => UserDataScript.fromFile(scriptFile(), { A: 'x'.repeat(16_385 - around) })).toThrow(tooLarge(16_385));
  });

  test('are bytes, not letters', () => {
    expect(() => UserDataScript.fromFile(scriptFile(), { A: 'ö'.repeat((16_384 - around) / 2 + 1) })).toThrow(/got up to 1638[56] bytes/);
  });

  test('hold values that are only known at deployment as well, each for 128 bytes', () => {
    const room = 16_384 - around;
    const token = () => Fn.importValue('something');

    expect(() => UserDataScript.fromFile(scriptFile(), { A: 'x'.repeat(room - 256) + token() + token() })).not.toThrow();
    expect(() => UserDataScript.fromFile(scriptFile(), { A: 'x'.repeat(room - 255) + token() + token() })).toThrow(tooLarge(16_385));
  });
});
