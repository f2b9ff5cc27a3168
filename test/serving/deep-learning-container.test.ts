import { Annotations, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { TensorFlowRuntime, type DeepLearningContainerOptions } from '../../lib';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf, sorted } from '../support/role-statements';
import { withTypicalValues } from '../support/typical-values';
import { warningsOf } from '../support/warnings';

/** What an instance in a stack would be told, and allowed. */
function bound(options: DeepLearningContainerOptions, props: StackProps = {}, app = newApp(), deployedTo: { [name: string]: string } = {}) {
  const stack = new Stack(app, 'Stack', props);
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const config = TensorFlowRuntime.deepLearningContainer(options).bind(stack, role);
  const environment = stack.resolve(config.environment);
  const template = Template.fromStack(stack);
  return {
    stack, template, config,
    environment: withTypicalValues(template, environment, deployedTo) as { [name: string]: string },
    rights: rightsOf(template, '', deployedTo),
  };
}

function inRegion(region: string): StackProps {
  return { env: { account: '111122223333', region } };
}

const PARTITIONS: [regions: RegExp, partition: string, suffix: string][] = [
  [/^cn-/, 'aws-cn', 'amazonaws.com.cn'], [/^eusc-/, 'aws-eusc', 'amazonaws.eu'], [/^us-isof-/, 'aws-iso-f', 'csp.hci.ic.gov'], [/./, 'aws', 'amazonaws.com'],
];

const GRAVITON = 'tensorflow-inference-graviton';
const ARM64 = 'tensorflow-inference-arm64';

describe('the catalogue', () => {
  const released: [version: string, repository: string, tag: string, entrypoint: string][] = [
    ['2.9.1', GRAVITON, '2.9.1-cpu-py38-ubuntu20.04-ec2', ''],
    ['2.12.1', GRAVITON, '2.12.1-cpu-py310-ubuntu20.04-ec2', ''],
    ['2.13.0', GRAVITON, '2.13.0-cpu-py310-ubuntu20.04-ec2', ''],
    ['2.14.1', GRAVITON, '2.14.1-cpu-py310-ubuntu20.04-ec2', ''],
    ['2.16.1', GRAVITON, '2.16.1-cpu-py310-ubuntu20.04-ec2', ''],
    ['2.18.0', ARM64, '2.18.0-cpu-py310-ubuntu20.04-ec2', ''],
    // Its own start script lost its shebang, so a shell runs it.
    ['2.19.0', ARM64, '2.19.0-cpu-py312-ubuntu22.04-sagemaker', '/bin/bash'],
  ];

  test.each(released)('%s by version and by tag', (version, repository, tag, entrypoint) => {
    const registry = '763104351884.dkr.ecr.us-west-2.amazonaws.com';
    const expected = {
      GTF_RUNTIME: 'container', GTF_IMAGE: `${registry}/${repository}:${tag}`, GTF_ECR_REGISTRY: registry, GTF_ENTRYPOINT: entrypoint,
      GTF_COMMAND: '/usr/bin/tf_serving_entrypoint.sh',
    };

    for (const options of [{ version }, { tag }, { version, tag }]) {
      const { config, environment } = bound(options, inRegion('us-west-2'));
      expect(environment).toEqual(expected);
      expect(config.container).toBe(true);
    }
  });

  test('begins with the image that the guide names', () => {
    expect(bound({}, inRegion('us-west-2')).environment.GTF_IMAGE)
      .toBe('763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference-graviton:2.14.1-cpu-py310-ubuntu20.04-ec2');
  });

  const versions = released.map(([version]) => version).join(', ');
  const tags = released.map(([, , tag]) => tag).join(', ');

  test.each<[DeepLearningContainerOptions, string]>([
    [{ version: '2.15.0' }, `version: got "2.15.0"; allowed are ${versions}.`],
    [{ version: '' }, `version: got ""; allowed are ${versions}.`],
    [{ version: '2.14' }, `version: got "2.14"; allowed are ${versions}.`],
    [{ tag: 'latest' }, `tag: got "latest"; allowed are ${tags}.`],
    [{ version: '2.14.1', tag: '2.16.1-cpu-py310-ubuntu20.04-ec2' }, `tag: got "2.16.1-cpu-py310-ubuntu20.04-ec2" with version "2.14.1"; allowed are ${tags}.`],
  ])('has no %j', (options, message) => {
    expect(() => TensorFlowRuntime.deepLearningContainer(options)).toThrow(new Error(`deepLearningContainer ${message}`));
  });
});

describe('a digest', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

  test('stands in the place of the tag', () => {
    expect(bound({ version: '2.16.1', digest }, inRegion('us-east-1')).environment.GTF_IMAGE)
      .toBe(`763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference-graviton@${digest}`);
  });

  test.each(['', 'sha256:', digest.slice(0, -1), digest.toUpperCase(), `sha512:${digest.slice(7)}`, `${digest}0`])('%j is none', (bad) => {
    expect(() => TensorFlowRuntime.deepLearningContainer({ digest: bad })).toThrow(new Error(`digest: got "${bad}"; allowed is "sha256:" and 64 hexadecimal digits.`));
  });
});

describe('the registry', () => {
  const lacking: [string, string][] = [
    ['af-south-1', '626614931356'], ['ap-northeast-3', '364406365360'], ['ap-southeast-5', '550225433462'], ['ap-southeast-7', '590183813437'],
    ['ca-west-1', '204538143572'], ['il-central-1', '780543022126'], ['mx-central-1', '637423239942'],
  ];
  const known: [string, string][] = RegionInfo.regions
    .filter(({ dlcRepositoryAccount }) => dlcRepositoryAccount !== undefined)
    .map(({ name, dlcRepositoryAccount }) => [name, dlcRepositoryAccount!]);

  test('is known in at least the regions that region-info knows it in, and seven more', () => {
    expect(known.length).toBeGreaterThan(20);
    expect(known.map(([region]) => region)).not.toEqual(expect.arrayContaining(lacking.map(([region]) => region)));
    expect(Object.fromEntries(known)).toMatchObject({ 'us-west-2': '763104351884', 'eu-south-1': '692866216735', 'cn-north-1': '727897471807' });
  });

  describe.each([...known, ...lacking])('of %s', (region, account) => {
    const [, partition, suffix] = PARTITIONS.find(([regions]) => regions.test(region))!;
    const pseudo = { 'AWS::Region': region, 'AWS::URLSuffix': suffix, 'AWS::Partition': partition };

    test.each<[string, StackProps]>([['a stack with that region', inRegion(region)], ['an environment-agnostic stack there', {}]])('in %s', (_, props) => {
      const { environment, rights } = bound({}, props, newApp(), pseudo);

      expect(environment.GTF_ECR_REGISTRY).toBe(`${account}.dkr.ecr.${region}.${suffix}`);
      expect(environment.GTF_IMAGE).toBe(`${environment.GTF_ECR_REGISTRY}/tensorflow-inference-graviton:2.14.1-cpu-py310-ubuntu20.04-ec2`);
      expect(rights).toContainEqual(['ecr:BatchGetImage', `arn:${partition}:ecr:${region}:${account}:repository/tensorflow-inference-graviton`]);
    });
  });

  test('of a known region needs nothing from the template, and of a later one a mapping', () => {
    expect(bound({}, inRegion('us-west-2')).template.toJSON().Mappings).toBeUndefined();
    expect(Object.keys(bound({}).template.toJSON().Mappings)).toEqual(['DeepLearningContainerRegistries']);
  });

  test('of a region without one is an error', () => {
    expect(() => bound({}, inRegion('xx-nowhere-1'))).toThrow(
      /^runtime: the Deep Learning Containers have no known registry in region "xx-nowhere-1"; allowed are af-south-1, .*us-west-2.*, or TensorFlowRuntime\.fromEcrRepository\(\) with your own copy\.$/,
    );
  });
});

describeWithFlags('the role', (makeApp) => {
  test('may pull from exactly the image\'s repository', () => {
    const repository = 'arn:aws:ecr:us-west-2:763104351884:repository/tensorflow-inference-graviton';

    expect(bound({}, {}, makeApp()).rights).toEqual(sorted([
      ['ecr:BatchCheckLayerAvailability', repository], ['ecr:BatchGetImage', repository], ['ecr:GetDownloadUrlForLayer', repository],
      ['ecr:GetAuthorizationToken', '*'],
    ]));
  });
});

describe('past AWS\'s end of patch', () => {
  function boundAt(now: string, version: string): Stack {
    jest.useFakeTimers({ now: new Date(now), doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask'] });
    return bound({ version }).stack;
  }
  const ack = '[ack: graviton-tensorflow:TensorFlowRuntime.endOfPatch]';

  afterEach(() => jest.useRealTimers());

  test.each([
    ['2.9.1', '2023-12-31', '2024-01-01'], ['2.12.1', '2023-12-31', '2024-01-01'], ['2.13.0', '2024-07-31', '2024-08-01'], ['2.14.1', '2024-09-26', '2024-09-27'],
    ['2.16.1', '2025-03-07', '2025-03-08'], ['2.18.0', '2025-10-24', '2025-10-25'], ['2.19.0', '2026-03-11', '2026-03-12'],
  ])('%s: silent on %s, warned of on %s', (version, last, after) => {
    expect(warningsOf(boundAt(`${last}T23:59:59Z`, version))).toEqual([]);
    expect(warningsOf(boundAt(`${after}T00:00:00Z`, version))).toHaveLength(1);
  });

  test('the warning names released images that are still patched', () => {
    expect(warningsOf(boundAt('2025-06-01T00:00:00Z', '2.14.1'))).toEqual([
      `The Deep Learning Container 2.14.1-cpu-py310-ubuntu20.04-ec2 is past AWS's end of patch (2024-09-26). Alternatives: version 2.18.0 or 2.19.0, TensorFlowRuntime.wheel(), your own image by fromEcrRepository(). ${ack}`,
    ]);
  });

  test('and what is left when none is', () => {
    expect(warningsOf(boundAt('2027-01-01T00:00:00Z', '2.19.0'))).toEqual([
      `The Deep Learning Container 2.19.0-cpu-py312-ubuntu22.04-sagemaker is past AWS's end of patch (2026-03-11). Alternatives: TensorFlowRuntime.wheel(), your own image by fromEcrRepository(). ${ack}`,
    ]);
  });

  test('and can be acknowledged', () => {
    const stack = boundAt('2027-01-01T00:00:00Z', '2.14.1');

    Annotations.of(stack).acknowledgeWarning('graviton-tensorflow:TensorFlowRuntime.endOfPatch');

    expect(warningsOf(stack)).toEqual([]);
  });
});
