import type { Node } from 'constructs';
import { z } from 'zod';
import {
  GravitonInstanceType, GravitonMachineImage, ModelSource, TensorFlowRuntime, VpcSource, type TensorFlowServerStackProps,
} from '../lib';

/** `-c key=value` always gives text, `cdk.json` gives JSON; both must do. */
const wholeNumber = z.preprocess((value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value), z.number().int());
const flag = z.preprocess((value) => (value === 'true' || value === 'false' ? value === 'true' : value), z.boolean());

const batching = z.strictObject({
  maxBatchSize: wholeNumber,
  batchTimeoutMicros: wholeNumber.optional(),
  maxEnqueuedBatches: wholeNumber.optional(),
  numBatchThreads: wholeNumber.optional(),
  allowedBatchSizes: z.array(wholeNumber).optional(),
});

const servingOptions = z.strictObject({
  processes: wholeNumber.optional(),
  intraOpThreads: wholeNumber.optional(),
  interOpThreads: wholeNumber.optional(),
  ompNumThreads: wholeNumber.optional(),
  oneDnn: flag.optional(),
  bf16FastMath: flag.optional(),
  batching: batching.optional(),
  restApiThreads: wholeNumber.optional(),
  monitoring: flag.optional(),
  warmup: flag.optional(),
  restPort: wholeNumber.optional(),
  grpcPort: wholeNumber.optional(),
  environment: z.record(z.string(), z.string()).optional(),
});
const serving = z.preprocess(parsed, servingOptions);

const IMAGES: Record<string, () => GravitonMachineImage> = {
  'al2023': () => GravitonMachineImage.amazonLinux2023(),
  'al2023-6.12': () => GravitonMachineImage.amazonLinux2023Kernel612(),
  'al2': () => GravitonMachineImage.amazonLinux2(),
  'ubuntu22.04': () => GravitonMachineImage.ubuntu2204(),
  'ubuntu24.04': () => GravitonMachineImage.ubuntu2404(),
  'ecs-al2023': () => GravitonMachineImage.ecsOptimizedAmazonLinux2023(),
};

/** Every key that the app reads, with what it allows: errors show this text, the README lists it. */
export const CONTEXT_KEYS = {
  stackName: 'a CloudFormation stack name: letters, digits and hyphens, beginning with a letter',
  model: 'a directory with <version>/saved_model.pb, or s3://bucket/prefix',
  modelName: 'the model\'s name in URLs: letters, digits, "_", "." and "-"',
  runtime: '"dlc", "dlc:VERSION", "wheel", "wheel:VERSION", "dockerhub:TAG", or a container image with a tag or digest',
  instanceType: 'a Graviton instance type such as "c7g.xlarge"',
  image: `${Object.keys(IMAGES).map((name) => `"${name}"`).join(', ')}, or an AMI id or SSM parameter with "kernel"`,
  kernel: 'the kernel of an image given by id or SSM parameter, such as "6.1"',
  vpc: '"new", "default", or a VPC id such as "vpc-0123456789abcdef0"',
  serving: `an object of ${Object.keys(servingOptions.shape).join(', ')}`,
} as const;

type ContextKey = keyof typeof CONTEXT_KEYS;

/** The app's context, each key checked. */
export interface AppContext {
  readonly stackName: string;
  /** Whether the stack must know its account and region: lookups do. */
  readonly lookup: boolean;
  readonly props: TensorFlowServerStackProps;
}

/**
 * Reads the context once.
 *
 * @throws one sentence that names the key, what was got, and what is allowed
 */
export function readContext(node: Node): AppContext {
  checkSpelling(node);
  const kernel = readText(node, 'kernel');
  const vpc = readText(node, 'vpc') ?? 'new';
  const model = readText(node, 'model');
  if (model === undefined) {
    throw bad('model', 'nothing');
  }
  const read = <T>(key: ContextKey, make: (text: string) => T): T | undefined => {
    const text = readText(node, key);
    return text === undefined ? undefined : naming(key, () => make(text));
  };
  return {
    stackName: read('stackName', stackName) ?? 'GravitonTensorFlow',
    lookup: vpc !== 'new',
    props: {
      model: naming('model', () => modelSource(model)),
      modelName: readText(node, 'modelName'),
      runtime: read('runtime', runtime),
      instanceType: read('instanceType', (text) => GravitonInstanceType.of(text)),
      machineImage: read('image', (text) => machineImage(text, kernel)),
      vpc: naming('vpc', () => vpcSource(vpc)),
      serving: readKey(node, 'serving', serving),
    },
  };
}

/** CDK and other tools keep keys of their own in the context, so an unknown one is no mistake; one in the wrong case is. */
function checkSpelling(node: Node): void {
  const known = new Map(Object.keys(CONTEXT_KEYS).map((key) => [key.toLowerCase(), key]));
  for (const key of Object.keys(node.getAllContext())) {
    const meant = known.get(key.toLowerCase().replace(/[-_]/g, ''));
    if (meant !== undefined && meant !== key) {
      throw new Error(`context key "${key}": got a key that is not read; allowed is "${meant}".`);
    }
  }
}

function readText(node: Node, key: ContextKey): string | undefined {
  return readKey(node, key, z.string());
}

function readKey<T>(node: Node, key: ContextKey, schema: z.ZodType<T>): T | undefined {
  const value: unknown = node.tryGetContext(key);
  if (value === undefined || value === null || value === '') {
    return undefined;
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const { path, message } = result.error.issues[0];
    throw new Error(`context key "${[key, ...path].join('.')}": got ${JSON.stringify(valueAt(value, path)) ?? 'nothing'}; ${message}; allowed is ${CONTEXT_KEYS[key]}.`);
  }
  return result.data;
}

function bad(key: ContextKey, got: string): Error {
  return new Error(`context key "${key}": got ${got}; allowed is ${CONTEXT_KEYS[key]}.`);
}

/** The library's errors name the property; whoever wrote a context key must read that key. */
function naming<T>(key: ContextKey, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith('context key') ? error : new Error(`context key "${key}": ${message.replace(`${key}: `, '')}`);
  }
}

function stackName(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(text)) {
    throw bad('stackName', `"${text}"`);
  }
  return text;
}

function modelSource(text: string): ModelSource {
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9.-]{3,63})(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket === undefined && text.startsWith('s3://')) {
    throw bad('model', `"${text}"`);
  }
  return bucket === undefined ? ModelSource.fromAsset(text) : ModelSource.fromBucketName(bucket, prefix ?? '');
}

function runtime(text: string): TensorFlowRuntime {
  const [, kind, version] = /^(dlc|wheel|dockerhub)(?::(.+))?$/.exec(text) ?? [];
  if (kind === 'dlc') {
    return TensorFlowRuntime.deepLearningContainer({ version });
  }
  if (kind === 'wheel') {
    return TensorFlowRuntime.wheel({ version });
  }
  if (kind === 'dockerhub' && version !== undefined) {
    return TensorFlowRuntime.dockerHub({ tag: version });
  }
  if (!/[:@]/.test(text)) {
    throw bad('runtime', `"${text}"`);
  }
  return TensorFlowRuntime.fromRegistry(text);
}

function machineImage(text: string, kernel: string | undefined): GravitonMachineImage {
  if (Object.hasOwn(IMAGES, text)) {
    return IMAGES[text]();
  }
  if (!/^(ami-|\/)/.test(text)) {
    throw bad('image', `"${text}"`);
  }
  if (kernel === undefined) {
    throw bad('kernel', 'nothing');
  }
  return text.startsWith('/') ? GravitonMachineImage.fromSsmParameter(text, { kernel }) : GravitonMachineImage.fromId(text, { kernel });
}

function vpcSource(text: string): VpcSource {
  if (text === 'new') {
    return VpcSource.newVpc();
  }
  if (text === 'default') {
    return VpcSource.defaultVpc();
  }
  if (!text.startsWith('vpc-')) {
    throw bad('vpc', `"${text}"`);
  }
  return VpcSource.byId(text);
}

function parsed(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    return value;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], parsed(value));
}
