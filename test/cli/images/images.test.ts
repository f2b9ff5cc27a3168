import { judge } from '../../../cli/images/judge';
import type { Image, ImageList } from '../../../cli/images/list';
import { patchOf, patchText } from '../../../cli/images/patch';
import { DEEP_LEARNING_CONTAINERS } from '../../../lib/serving/released-containers';
import { type Answer, type Call, StandInAws } from '../stand-in-aws';
import { type Outcome, credentials, runCli } from '../run-cli';

jest.setTimeout(60_000);

const released = '2.14.1-cpu-py310-ubuntu20.04-ec2';

const detail = (tags: readonly string[], more: object = {}) => ({
  imageTags: tags, imageDigest: `sha256:${tags[0]}`, imageSizeInBytes: 1_550_000_000, imagePushedAt: 1727308800, ...more,
});

/** A registry of two pages for each repository. */
const registry = (content: Readonly<Record<string, readonly object[]>>) => ({ parameters }: Call): Answer => {
  const images = content[parameters.repositoryName as string];
  if (!images) return { status: 400, body: JSON.stringify({ __type: 'RepositoryNotFoundException', message: 'no' }) };
  return { body: JSON.stringify(parameters.nextToken ? { imageDetails: images.slice(1) } : { imageDetails: images.slice(0, 1), nextToken: 'more' }) };
};

async function images(answer: (call: Call) => Answer, ...args: string[]): Promise<Outcome & { calls: readonly Call[] }> {
  const aws = await StandInAws.start(answer);
  try {
    return { ...await runCli(['images', ...args], { ...credentials(aws.endpoint), AWS_MAX_ATTEMPTS: '2' }), calls: aws.calls };
  } finally {
    await aws.stop();
  }
}

const whole = registry({
  'tensorflow-inference-graviton': [
    detail(['2.14.1-cpu-py310-ubuntu20.04-sagemaker', '2.14.1-cpu-py310-ubuntu20.04-sagemaker-v1.2-2024-09-01']),
    detail(['2.14-cpu-py310-ubuntu20.04-ec2-v1.9', released]),
  ],
  'tensorflow-inference-arm64': [detail(['99.0.0-cpu-py312-ubuntu22.04-ec2'])],
});

test('tells of every catalogued image whether it is there, and of newer ones', async () => {
  const { code, stdout, calls } = await images(whole);
  expect(code).toBe(0);
  expect(new Set(calls.map(({ parameters }) => parameters.registryId))).toEqual(new Set(['763104351884']));
  expect(stdout).toContain(`1 of ${DEEP_LEARNING_CONTAINERS.length} catalogued images are in eu-west-1\n763104351884.dkr.ecr.eu-west-1.amazonaws.com\n`);
  expect(stdout).toMatch(/! tensorflow-inference-graviton:2\.14\.1-cpu-py310-ubuntu20\.04-ec2\n +patches +past \(2024-09-26\)\n +pushed +2024-09-26, 1\.6 GB compressed\n +digest +sha256:2\.14-cpu/);
  expect(stdout).toMatch(/✖ tensorflow-inference-arm64:2\.18\.0\S+\n +image +missing here\n/);
  expect(stdout).toMatch(/Newer than the catalogue\n\n\? tensorflow-inference-arm64:99\.0\.0/);
  expect(stdout).toContain('1 other release is in the registry and not in the catalogue');
});

test('--json is the list', async () => {
  const { stdout } = await images(whole, '--json');
  const list = JSON.parse(stdout) as ImageList;
  expect(list.images.filter(({ present }) => present)).toEqual([{
    version: '2.14.1', repository: 'tensorflow-inference-graviton', tag: released, present: true, digest: 'sha256:2.14-cpu-py310-ubuntu20.04-ec2-v1.9', bytes: 1_550_000_000,
    pushedAt: '2024-09-26T00:00:00.000Z', patch: { end: '2024-09-26', past: true, daysLeft: expect.any(Number) },
  }]);
  expect(list.uncatalogued.map(({ tag, newer }) => [tag, newer])).toEqual([['99.0.0-cpu-py312-ubuntu22.04-ec2', true], ['2.14.1-cpu-py310-ubuntu20.04-sagemaker', false]]);
});

test('a region that lacks a repository lacks its images', async () => {
  const { code, stdout } = await images(registry({ 'tensorflow-inference-graviton': [] }));
  expect(code).toBe(0);
  expect(stdout).toContain(`0 of ${DEEP_LEARNING_CONTAINERS.length} catalogued images`);
});

describe('--check', () => {
  test.each<[string, number, string]>([
    [released, 1, `✖ tensorflow-inference-graviton:${released} is in the registry of eu-west-1, and past AWS's end of patch (2024-09-26).`],
    ['2.18.0', 1, `✖ 2.18.0 is not in the registry of eu-west-1; there are ${released}.`],
    ['99.0.0', 2, '? tensorflow-inference-arm64:99.0.0-cpu-py312-ubuntu22.04-ec2 is in the registry of eu-west-1, and the catalogue does not know until when it is patched'],
  ])('%s', async (tag, code, text) => {
    const outcome = await images(whole, '--check', tag);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toContain(text);
  });

  const image: Image = { version: '3.0.0', repository: 'r', tag: '3.0.0-cpu-py312-ubuntu22.04-ec2', present: true, patch: patchOf('2026-12', new Date('2026-11-23')) };
  const list: ImageList = { schemaVersion: 1, region: 'eu-west-1', registry: 'host', images: [image], uncatalogued: [] };

  test.each(['3.0.0', image.tag, `r:${image.tag}`, `1.dkr.ecr.eu-west-1.amazonaws.com/r:${image.tag}`])('%s is present and patched', (name) => {
    expect(judge(list, name)).toMatchObject({ exitCode: 0, text: expect.stringContaining('and patched: 38 days left (2026-12).') });
  });
});

test('an end of patch is the last day of what it names', () => {
  const at = (moment: string) => (end: string) => patchText(patchOf(end, new Date(moment)));
  expect(['2024-09-26', '2024-09', '2024'].map(at('2024-09-26T23:00:00Z'))).toEqual(['ends today (2024-09-26)', '4 days left (2024-09)', '96 days left (2024)']);
  expect(['2024-09-26', '2024-09', '2023'].map(at('2024-10-01T00:00:00Z'))).toEqual(['past (2024-09-26)', 'past (2024-09)', 'past (2023)']);
  expect(patchOf('2024-02', new Date('2024-03-01'))).toEqual({ end: '2024-02', past: true, daysLeft: -1 });
});

describe('what cannot be told is one sentence, and exit code 2', () => {
  const refuse = (code: string, message = '') => (): Answer => ({ status: 400, body: JSON.stringify({ __type: code, message }) });
  test.each<[string, (call: Call) => Answer, readonly string[], string]>([
    ['a region without a registry', whole, ['--region', 'xx-nowhere-1'], 'AWS\'s containers have no known registry in region "xx-nowhere-1": choose one of '],
    ['not allowed', refuse('AccessDeniedException', 'User: x is not authorized to perform: ecr:DescribeImages on resource: y'), [], 'The credentials may not call ecr:DescribeImages in eu-west-1'],
    ['throttled', refuse('ThrottlingException', 'Rate exceeded'), [], 'AWS limits the rate of requests in eu-west-1 and kept refusing: try again in a minute.'],
  ])('%s', async (_, answer, args, sentence) => {
    const { code, stdout, stderr } = await images(answer, '--json', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(`✖ ${sentence}`);
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, exitCode: 2, reason: expect.stringContaining(sentence) });
  });
});
