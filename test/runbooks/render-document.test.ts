import { execFileSync } from 'node:child_process';
import { unlinkSync } from 'node:fs';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { renderDocument } from '../../lib/runbooks/render-document';
import { messageOf } from '../support/thrown';
import { PARAMETER, runbook, source, step } from './documents';

describe('a rendered document', () => {
  test('holds the lines of the files in the place of their names, and all else as it was', () => {
    const rendered = renderDocument(runbook());

    expect(rendered).toEqual(source({
      mainSteps: [
        step('Ask', ['#!/bin/bash', 'echo "$SSM_Requests"']),
        step('Tell', ['#!/usr/bin/env python3', 'print({"told": {1: 2} })'], { finallyStep: true }),
      ],
    }));
  });

  test('joins the files of a step under the last one\'s shebang', () => {
    const folder = runbook(source({ mainSteps: [step('Ask', ['formula.sh', 'common.sh', 'ask.sh'])] }), { 'formula.sh': '# no shebang\nx=1\n', 'common.sh': '#!/bin/bash\ny=2' });

    expect(renderDocument(folder).mainSteps[0].inputs.runCommand).toEqual(['#!/bin/bash', 'x=1', 'y=2', 'echo "$SSM_Requests"']);
  });

  test('keeps what is code byte by byte, without comments and most of the indentation', () => {
    const script = '#!/usr/bin/env python3\n\n# begins\nif True:\n    if True:\n        print("é ✓ \\\\ \\" \'",\n              "# none")\n\n# end\n\n';
    const { mainSteps } = JSON.parse(JSON.stringify(renderDocument(runbook(source({ mainSteps: [step('Tell', ['tell.py'])] }), { 'tell.py': script }))));

    expect(mainSteps[0].inputs.runCommand.join('\n')).toBe('#!/usr/bin/env python3\nif True:\n if True:\n  print("é ✓ \\\\ \\" \'",\n              "# none")');
  });

  test('has a packed step that does what its files do', () => {
    const scripts = { 'words.py': 'def said():\n    return "it\'s \\u00e9"\n', 'tell.py': '#!/usr/bin/env python3\nimport sys\nprint(said(), len(sys.argv), __name__)\n' };
    const { mainSteps } = renderDocument(runbook(source({ mainSteps: [{ ...step('Tell', ['words.py', 'tell.py']), packed: true }] }), scripts));
    const [shebang, ...lines] = mainSteps[0].inputs.runCommand;

    expect([shebang, lines.length, 'packed' in mainSteps[0]]).toEqual(['#!/usr/bin/env python3', 2, false]);
    expect(execFileSync('python3', ['-'], { input: lines.join('\n'), encoding: 'utf8', env: { ...process.env, PYTHONIOENCODING: 'utf-8' } })).toBe("it's é 1 __main__\n");
  });

  test('has the defaults that it is given', () => {
    const parameters = { Requests: PARAMETER, Floor: { ...PARAMETER, default: undefined } };

    expect(renderDocument(runbook(source({ parameters })), { defaults: { Floor: '510' } }).parameters).toEqual({ Requests: PARAMETER, Floor: { ...PARAMETER, default: '510' } });
  });

  test('takes one value alone for a parameter that is fixed, whatever characters it has', () => {
    const { parameters } = renderDocument(runbook(source({ parameters: { Requests: PARAMETER, Where: { ...PARAMETER, default: '', allowedPattern: '^.*$' } } })), { defaults: { Where: 'a.b+(c)' }, fixed: ['Where'] });

    expect([parameters.Where.default, parameters.Where.allowedPattern]).toEqual(['a.b+(c)', '^a\\.b\\+\\(c\\)$']);
    expect(parameters.Requests).toEqual(PARAMETER);
    expect(messageOf(() => renderDocument(runbook(), { fixed: ['Nowhere'] }))).toContain('got the fixed parameter "Nowhere"; allowed are parameters with a default.');
  });

  test('is rendered without aws-cdk-lib, since the command line bundles this', () => {
    const entryPoints = ['render-document.ts', 'troubleshoot-defaults.ts'].map((file) => path.join(__dirname, '..', '..', 'lib', 'runbooks', file));
    const { inputs } = buildSync({ entryPoints, bundle: true, platform: 'node', write: false, outdir: 'unused', metafile: true }).metafile;

    expect(Object.keys(inputs).filter((file) => !/(^|\/)(lib\/|node_modules\/yaml\/)/.test(file))).toEqual([]);
    expect(Object.keys(inputs).filter((file) => file.includes('aws-cdk-lib') || file.includes('constructs'))).toEqual([]);
  });
});

describe('sizes', () => {
  /** A script of so many bytes, of lines without anything that JSON would escape. */
  const ofBytes = (bytes: number): string => `#!/bin/bash\n${'x'.repeat(bytes - 13)}\n`;

  test('a script has 40,960 bytes at most', () => {
    const folder = (bytes: number) => runbook(source(), { 'ask.sh': ofBytes(bytes) });

    expect(() => renderDocument(folder(40_960))).not.toThrow();
    expect(messageOf(() => renderDocument(folder(40_961)))).toMatch(/^\S+\/ask\.sh: got 40961 bytes; allowed are 40960\.$/);
  });

  test('the whole has 61,440 bytes of JSON at most, counted in UTF-8', () => {
    const big = { 'ask.sh': ofBytes(40_000) };
    const rest = 61_440 - Buffer.byteLength(JSON.stringify(renderDocument(runbook(source(), { ...big, 'tell.py': '#!/usr/bin/env python3\nx' }))));
    const folder = (more: number) => runbook(source(), { ...big, 'tell.py': `#!/usr/bin/env python3\né${'x'.repeat(more - 1)}` });

    expect(Buffer.byteLength(JSON.stringify(renderDocument(folder(rest))))).toBe(61_440);
    expect(messageOf(() => renderDocument(folder(rest + 1)))).toMatch(/^\S+\/document\.yaml: got 61441 bytes as JSON; allowed are 61440\. The largest steps: Ask 39999, Tell \d+\.$/);
  });
});

describe('an error names where, what was got and what is allowed', () => {
  const parameter = (changes: object) => source({ parameters: { Requests: { ...PARAMETER, ...changes } } });
  const asked = (changes: object, inputs: object = {}) => source({ mainSteps: [{ ...step('Ask', ['ask.sh'], inputs), ...changes }] });

  test.each<[string, object, string]>([
    ['another schema', source({ schemaVersion: '0.3' }), 'document.yaml: schemaVersion: got "0.3"; allowed is "2.2", in quotes.'],
    ['a schema that is a number', source({ schemaVersion: 2.2 }), 'document.yaml: schemaVersion: got 2.2; allowed is "2.2", in quotes.'],
    ['an unknown key', source({ runtimeConfig: {} }), 'document.yaml: got the key "runtimeConfig"; allowed are schemaVersion, description, parameters, mainSteps.'],
    ['a list', [], 'document.yaml: got []; allowed are keys and values.'],
    ['no steps', source({ mainSteps: [] }), 'document.yaml: mainSteps: got []; allowed is a list of steps.'],
    ['two steps of a name', source({ mainSteps: [step('Ask', ['ask.sh']), step('Ask', ['tell.py'])] }), 'document.yaml: mainSteps: got two steps "Ask"; allowed is a name of its own for each step.'],
    ['a step without a name', asked({ name: undefined }), 'document.yaml: step 1: name: got nothing; allowed is 3 to 64 letters, digits, "_" and "-".'],
    ['a short name', asked({ name: 'No' }), 'document.yaml: step 1: name: got "No"; allowed is 3 to 64 letters, digits, "_" and "-".'],
    ['another plugin', asked({ action: 'aws:runPowerShellScript' }), 'document.yaml: step "Ask": action: got "aws:runPowerShellScript"; allowed is aws:runShellScript.'],
    ['onFailure where the agent does not look', asked({ onFailure: 'exit' }), 'document.yaml: step 1: got the key "onFailure"; allowed are action, name, precondition, packed, carries, inputs.'],
    ['packed that is none', asked({ packed: false }), 'document.yaml: step "Ask": packed: got false; allowed is true.'],
    ['a packed shell script', asked({ packed: true }), 'document.yaml: step "Ask": packed: got a script that begins with "#!/bin/bash"; allowed are Python\'s.'],
    ['an unknown input', asked({}, { commands: [] }), 'document.yaml: step "Ask": inputs: got the key "commands"; allowed are runCommand, timeoutSeconds, workingDirectory, onFailure, onSuccess, finallyStep.'],
    ['a timeout that becomes an hour', asked({}, { timeoutSeconds: 4 }), 'document.yaml: step "Ask": timeoutSeconds: got 4; allowed is a whole number from 5 to 172800: the agent makes an hour of any other.'],
    ['no timeout', asked({}, { timeoutSeconds: undefined }), 'document.yaml: step "Ask": timeoutSeconds: got nothing; allowed is a whole number from 5 to 172800: the agent makes an hour of any other.'],
    ['a timeout as text', asked({}, { timeoutSeconds: '30' }), 'document.yaml: step "Ask": timeoutSeconds: got "30"; allowed is a whole number from 5 to 172800: the agent makes an hour of any other.'],
    ['packed that is not true', asked({ packed: 'yes' }), 'document.yaml: step "Ask": packed: got "yes"; allowed is true.'],
    ['a packed shell script', asked({ packed: true }), 'document.yaml: step "Ask": packed: got a script that begins with "#!/bin/bash"; allowed are Python\'s.'],
    ['no files', asked({}, { runCommand: [] }), 'document.yaml: step "Ask": runCommand: got []; allowed is a list of file names.'],
    ['a file without a list', asked({}, { runCommand: 'ask.sh' }), 'document.yaml: step "Ask": runCommand: got "ask.sh"; allowed is a list of file names.'],
    ['onFailure that is none', asked({}, { onFailure: 'stop' }), 'document.yaml: step "Ask": onFailure: got "stop"; allowed is exit or successAndExit.'],
    ['onSuccess that is none', asked({}, { onSuccess: 'stop' }), 'document.yaml: step "Ask": onSuccess: got "stop"; allowed is exit.'],
    ['a finally step before the last', source({ mainSteps: [step('Ask', ['ask.sh'], { finallyStep: true }), step('Tell', ['tell.py'])] }), 'document.yaml: step "Ask": finallyStep: got true; allowed is true, in the last step only: the agent ignores it in any other.'],
    ['a parameter that is pasted in as text', parameter({ interpolationType: undefined }), 'document.yaml: parameter "Requests": interpolationType: got nothing; allowed is ENV_VAR.'],
    ['a list parameter', parameter({ type: 'StringList' }), 'document.yaml: parameter "Requests": type: got "StringList"; allowed is String, which alone can be passed as a variable.'],
    ['a parameter that takes anything', parameter({ allowedPattern: undefined }), 'document.yaml: parameter "Requests": allowedPattern: got nothing; allowed is a pattern, or allowedValues.'],
    ['a pattern that is searched for', parameter({ allowedPattern: '[0-9]+' }), 'document.yaml: parameter "Requests": allowedPattern: got "[0-9]+"; allowed is a pattern from "^" to "$" without lookaround and back-references.'],
    ['a pattern that Go does not know', parameter({ allowedPattern: '^(?!0)[0-9]+$' }), 'document.yaml: parameter "Requests": allowedPattern: got "^(?!0)[0-9]+$"; allowed is a pattern from "^" to "$" without lookaround and back-references.'],
    ['a pattern that is none', parameter({ allowedPattern: '^[0-9$' }), 'document.yaml: parameter "Requests": allowedPattern: got "^[0-9$"; allowed is a pattern from "^" to "$" without lookaround and back-references.'],
    ['a default that is not allowed', parameter({ default: 'many' }), 'document.yaml: parameter "Requests": default: got "many"; allowed is what allowedPattern takes, ^[0-9]{1,3}$.'],
    ['a default that is not one of', parameter({ allowedPattern: undefined, allowedValues: ['1', '2'] }), 'document.yaml: parameter "Requests": default: got "3"; allowed is one of allowedValues, 1, 2.'],
    ['a default that is a number', parameter({ default: 3 }), 'document.yaml: parameter "Requests": default: got 3; allowed is a text: in YAML, put it in quotes.'],
    ['an unknown key of a parameter', parameter({ pattern: '^$' }), 'document.yaml: parameter "Requests": got the key "pattern"; allowed are type, description, default, allowedPattern, allowedValues, interpolationType, displayType, minChars, maxChars.'],
    ['a name that no variable has', source({ parameters: { 'a-b': PARAMETER } }), 'document.yaml: parameters: got the name "a-b"; allowed is letters, digits and "_", since scripts read it as $SSM_<name>.'],
  ])('%s', (_, document, message) => {
    const folder = runbook(document);

    expect(messageOf(() => renderDocument(folder)).replaceAll(`${folder}/`, '')).toBe(message);
  });

  test.each<[string, object | string, { [name: string]: string }, string]>([
    ['double braces in a script', source(), { 'ask.sh': '#!/bin/bash\ndocker ps\ndocker ps --format \'{{.ID}}\'\n' }, 'ask.sh:3: got "{{"; allowed are single braces: parameters are read as $SSM_<name>.'],
    ['double braces in the document', 'schemaVersion: "2.2"\n# {{ Requests }}\n', {}, 'document.yaml:2: got "{{"; allowed are single braces: parameters are read as $SSM_<name>.'],
    ['a script without a shebang', source(), { 'tell.py': 'print()\n' }, 'tell.py: got a first line without "#!" in document.yaml: step "Tell"; allowed is a script whose shebang names its language.'],
    ['two languages in a step', source({ mainSteps: [step('Tell', ['ask.sh', 'tell.py'])] }), {}, 'ask.sh: got "#!/bin/bash" before "#!/usr/bin/env python3" in document.yaml: step "Tell"; allowed is one language a step.'],
    ['carriage returns', source(), { 'ask.sh': '#!/bin/bash\r\necho\r\n' }, 'ask.sh: got carriage returns; allowed are lines that end in a line feed alone.'],
    ['what is no YAML', 'schemaVersion: "2.2"\nmainSteps: [\n', {}, 'document.yaml:3: got Flow sequence in block collection must be sufficiently indented and end with a ]; allowed is YAML.'],
    ['a key twice', 'schemaVersion: "2.2"\nmainSteps: []\nmainSteps: []\n', {}, 'document.yaml:3: got Map keys must be unique; allowed is YAML.'],
  ])('%s', (_, document, scripts, message) => {
    const folder = runbook(document, scripts);

    expect(messageOf(() => renderDocument(folder)).replaceAll(`${folder}/`, '')).toBe(message);
  });

  test('a script that is missing', () => {
    const folder = runbook();
    unlinkSync(path.join(folder, 'tell.py'));

    expect(messageOf(() => renderDocument(folder)).replaceAll(`${folder}/`, '')).toBe('document.yaml: step "Tell": got "tell.py", which cannot be read (ENOENT); allowed is a file that exists.');
  });

  test('a folder without a document', () => {
    const folder = runbook();
    unlinkSync(path.join(folder, 'document.yaml'));

    expect(messageOf(() => renderDocument(folder)).replaceAll(`${folder}/`, '')).toBe('document.yaml: got "document.yaml", which cannot be read (ENOENT); allowed is a file that exists.');
  });

  test.each<[string, { [name: string]: string }, string]>([
    ['of an unknown parameter', { Floor: '5.10' }, 'document.yaml: got a default for the parameter "Floor"; allowed are Requests.'],
    ['that is not allowed', { Requests: 'many' }, 'document.yaml: parameter "Requests": default: got "many"; allowed is what allowedPattern takes, ^[0-9]{1,3}$.'],
    ['with double braces', { Requests: '{{ Other }}' }, 'document.yaml: parameter "Requests": default:1: got "{{"; allowed are single braces: parameters are read as $SSM_<name>.'],
  ])('a default %s', (_, defaults, message) => {
    const folder = runbook();

    expect(messageOf(() => renderDocument(folder, { defaults })).replaceAll(`${folder}/`, '')).toBe(message);
  });
});

