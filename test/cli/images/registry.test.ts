import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import type { ImageList } from '../../../cli/images/list';
import { credentials, repository, runCli } from '../run-cli';

jest.setTimeout(60_000);

const tag = '2.14.1-cpu-py310-ubuntu20.04-ec2';

/** An ECR whose own account is that of AWS's containers: an emulator answers for no other. */
let emulator: ChildProcess;
let endpoint: string;
beforeAll(async () => {
  emulator = spawn(join(repository, '.venv/bin/python'), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', MOTO_ACCOUNT_ID: '763104351884' }, stdio: ['ignore', 'ignore', 'pipe'],
  });
  endpoint = await new Promise<string>((resolve, reject) => {
    emulator.on('exit', () => reject(new Error('moto ended')));
    createInterface(emulator.stderr as NodeJS.ReadableStream).on('line', (line) => {
      const [, port] = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
  });
  const client = new ECRClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' } });
  const repositoryName = 'tensorflow-inference-graviton';
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  await client.send(new PutImageCommand({ repositoryName, imageTag: tag, imageManifest: JSON.stringify({
    schemaVersion: 2, mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: 7023, digest: `sha256:${'b'.repeat(64)}` }, layers: [],
  }) }));
});
afterAll(() => { emulator.kill(); });

test('lists an emulated registry, whose other repository is not there', async () => {
  const { code, stdout, stderr } = await runCli(['images', '--json'], credentials(endpoint));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { images } = JSON.parse(stdout) as ImageList;
  expect(images.filter(({ present }) => present)).toEqual([expect.objectContaining({ tag, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), pushedAt: expect.stringMatching(/^\d{4}-/) })]);
});
