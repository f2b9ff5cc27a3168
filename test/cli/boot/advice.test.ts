import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nextStep } from '../../../cli/boot/advice';
import { repository } from '../run-cli';

const userdata = join(repository, 'userdata');
const scripts = [join(userdata, 'bootstrap.sh'), ...readdirSync(join(userdata, 'phases')).map((name) => join(userdata, 'phases', name))];
const phases = new Set(scripts.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/^phase_(\w+)\(\)/gm)].map(([, name]) => name)));

const unknown = nextStep('no such phase', '');

test.each([...phases, 'start'])('phase %s has advice of its own', (phase) => {
  expect(nextStep(phase, 'something else')).not.toBe(unknown);
});

test('a cause that names its remedy comes before the phase', () => {
  expect(nextStep('model', 'cannot fetch s3://a/b: An error occurred (403) when calling the HeadObject operation: Forbidden')).toContain('lacks a permission');
  expect(nextStep('image', 'write /var/lib/docker/x: no space left on device: No space left')).toContain('disk is full');
  expect(nextStep('venv', 'Could not connect to the endpoint URL')).toContain('NAT gateway');
});

test('a number in a cause is not taken for a status', () => {
  expect(nextStep('model', 'holds the tree 4036f404a')).toBe(nextStep('model', ''));
});
