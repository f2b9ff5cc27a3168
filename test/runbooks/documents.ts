import { stringify } from 'yaml';
import { folderWith } from '../support/saved-models';

/** A parameter as the runbooks write theirs. */
export const PARAMETER = { type: 'String', interpolationType: 'ENV_VAR', default: '3', allowedPattern: '^[0-9]{1,3}$' };

/** A step that runs a script. */
export function step(name: string, files: string[], inputs: object = {}): { [key: string]: unknown } {
  return { name, action: 'aws:runShellScript', inputs: { timeoutSeconds: 30, runCommand: files, ...inputs } };
}

/** A document of two steps, with these changes. */
export function source(changes: object = {}): { [key: string]: unknown } {
  return {
    schemaVersion: '2.2', description: '', parameters: { Requests: PARAMETER },
    mainSteps: [step('Ask', ['ask.sh']), step('Tell', ['tell.py'], { finallyStep: true })],
    ...changes,
  };
}

export const SCRIPTS = { 'ask.sh': '#!/bin/bash\n# asks\n\necho "$SSM_Requests"\n', 'tell.py': '#!/usr/bin/env python3\nprint({"told": {1: 2} })' };

/** A folder with that document and its scripts; given as text, the document is that text. */
export function runbook(document: object | string = source(), scripts: { [name: string]: string } = {}): string {
  return folderWith({ ...SCRIPTS, ...scripts, 'document.yaml': typeof document === 'string' ? document : stringify(document) });
}
