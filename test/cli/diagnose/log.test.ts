import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository, runCli, startCli } from '../run-cli';

jest.setTimeout(60_000);

const log = [
  'onednn_verbose,info,oneDNN v3.2.1 (commit n/a)',
  'onednn_verbose,info,cpu,runtime:threadpool,nthr:2',
  'onednn_verbose,info,cpu,isa:AArch64 SVE (256 bits)',
  'onednn_verbose,info,prim_template:operation,engine,primitive,implementation,prop_kind,memory_descriptors,attributes,auxiliary,problem_desc,exec_time',
  'onednn_verbose,exec,cpu,convolution,gemm:ref,forward_training,src_f32::blocked:acdb::f0 wei_f32::blocked:cdba::f0 dst_f32::blocked:acdb::f0,attr-scratchpad:user ,alg:convolution_direct,mb1_ic3oc16_ih64oh64kh3sh1dh0ph1_iw64ow64kw3sw1dw0pw1,29.5',
  '',
].join('\n');

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'diagnose-log-'));
  file = join(folder, 'server.log');
  writeFileSync(file, log);
});
afterAll(() => rmSync(folder, { recursive: true }));

function analyzed(...args: string[]) {
  const { stdout, status } = spawnSync('python3', [join(repository, 'runbooks/troubleshoot/analyze.py'), '--json', ...args], { encoding: 'utf8', input: log });
  return { stdout, code: status };
}

test('--json is what analyze prints, to the byte', async () => {
  const { code, stdout } = await runCli(['diagnose', '--log', file, '--json']);
  expect({ code, stdout }).toEqual(analyzed(file));
  expect(code).toBe(1);
});

test('several files are one run, and - is stdin', async () => {
  const other = join(folder, '-server.err');
  writeFileSync(other, 'oneDNN custom operations are on\n');
  const { child, ended } = startCli(['diagnose', '--json', '--log', '-', other]);
  child.stdin.end(log);
  const { code, stdout } = await ended;
  expect({ code, stdout }).toEqual(analyzed('-', other));
  expect(JSON.parse(stdout)).toMatchObject({ evidence: { execLines: 1, lines: 6 } });
});

test('a log without a oneDNN line is no pass', async () => {
  const empty = join(folder, 'empty.log');
  writeFileSync(empty, '\u0000garbage\n');
  const { code, stdout } = await runCli(['diagnose', '--log', empty]);
  expect(code).toBe(2);
  expect(stdout).toMatch(/UNKNOWN backend\.onednn/);
});

describe('what cannot be judged is one sentence', () => {
  test.each<[readonly string[], string]>([
    [['--log', '/no/such.log'], '--log /no/such.log is not there: give the file that the server\'s output went to.'],
    [['--log', '/usr'], '--log /usr is a directory: give the files in it.'],
    [['--log', '-', '-'], '--log names - twice: stdin can be read once.'],
    [['--log', __filename, '--batch', '2'], '--batch has no meaning with --log: it goes with --stack, --instance, --tag, --local.'],
    [['--log', __filename, '--json', '--markdown'], '--json and --markdown both print the report: give one of them.'],
    [['--log', __filename, '--html', '/no/such/page.html'], '--html /no/such/page.html cannot be written: there is no folder /no/such.'],
    [['--log', __filename, '--local'], '--log and --local were given together: give exactly one of'],
    [[], 'Nothing to diagnose was named: give one of --stack NAME, --instance ID, --tag KEY=VALUE, --log FILE or --local.'],
    [['--tag', 'name'], '--tag is "name": give a key and a value'],
    [['--instance', 'i-1'], '--instance is "i-1": give an instance\'s id, such as i-0123456789abcdef0.'],
    [['--local', '--batch', '0'], '--batch is "0": give a whole number from 1 to 4096.'],
    [['--local', '--log-path', 'x.log'], '--log-path is "x.log": give the log\'s absolute path on the instance.'],
    [['--local', '--region', 'eu-west-1'], '--region has no meaning with --local: it goes with --stack, --instance, --tag.'],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await runCli(['diagnose', ...args]);
    expect({ code, stdout: args.includes('--json') ? '' : stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`✖ ${sentence}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('no Python, and one that is too old', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    expect((await runCli(['diagnose', '--log', file], { PATH: bin })).stderr)
      .toBe('✖ A diagnosis on this machine needs Python 3.7 or later: install python3, or add it to the PATH.\n');
    writeFileSync(join(bin, 'python3'), '#!/bin/sh\necho 3.6\n');
    chmodSync(join(bin, 'python3'), 0o755);
    expect((await runCli(['diagnose', '--log', file], { PATH: bin })).stderr)
      .toBe('✖ A diagnosis on this machine needs Python 3.7 or later (python3 is 3.6): install python3, or add it to the PATH.\n');
  });
});
