import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { resourceOf } from './typical-values';

export const BOOTSTRAP = path.join(__dirname, '..', '..', 'userdata', 'bootstrap.sh');

/** The user data that an instance would receive, decoded. */
export function userDataOf(template: Template, prefix = ''): string {
  const encoded = resourceOf(template, 'AWS::EC2::LaunchTemplate', prefix).Properties.LaunchTemplateData.UserData;
  return Buffer.from(encoded, 'base64').toString('utf8');
}

/** What a script's export lines export when bash runs them, byte for byte. */
export function exportsOf(script: string, file = BOOTSTRAP): { [name: string]: string } {
  const [, ...rest] = readFileSync(file, 'utf8').split('\n');
  const body = rest.join('\n');
  if (!script.endsWith(`\n${body}`)) {
    throw new Error(`user data does not end in ${file}`);
  }
  const lines = script.slice(0, script.length - body.length);
  // `env -i` and `--norc`: nothing but the lines sets a variable, except the four that bash itself exports.
  const printed = execFileSync('env', ['-i', '/bin/bash', '--noprofile', '--norc', '-c', `${lines}\n/usr/bin/env -0`], { encoding: 'utf8' });
  const variables = printed.split('\0').filter(Boolean).map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  return Object.fromEntries(variables.filter(([name]) => !['_', 'PWD', 'SHLVL', 'OLDPWD'].includes(name)));
}

/** The exports of a synthesized server's user data. */
export function userDataExports(template: Template, prefix = ''): { [name: string]: string } {
  return exportsOf(userDataOf(template, prefix));
}
