import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { checkMachineImage, needsOfRelease, type TensorFlowNeeds } from './compatibility';
import { checkDockerHubTag, DOCKER_HUB_REPOSITORY, DOCKER_HUB_SOURCE } from './docker-hub';
import { DEEP_LEARNING_CONTAINERS, DEFAULT_DEEP_LEARNING_CONTAINER, type DeepLearningContainerRelease } from './released-containers';
import { deepLearningContainerRegistry } from './stack-registry';
import type { ContainerImageOptions, DeepLearningContainerOptions, DockerHubOptions, WheelFileOptions, WheelOptions } from './tensorflow-runtime-options';
import { checkWheelFileSha256, readWheelFileName, versionOfWheelFile } from './wheel-file';
import type { GravitonMachineImage } from '../compute/graviton-machine-image';
import { isPast } from '../end-of-support';

/**
 * What an instance needs to know of its runtime: what `TensorFlowRuntime.bind()` returns.
 */
export interface TensorFlowRuntimeConfig {
  /** Variables that the boot scripts read. */
  readonly environment: { [name: string]: string };

  /** Whether the runtime is a container with TF Serving (else: this library's model server). */
  readonly container: boolean;
}

/**
 * What serves the model on the instance.
 */
export abstract class TensorFlowRuntime {
  /**
   * AWS's Graviton TensorFlow inference container, from the registry of the stack's region.
   *
   * All released images are past AWS's end of patch, which is a warning that names the alternatives.
   *
   * @throws when no released image has that version or tag
   * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md
   */
  public static deepLearningContainer(options: DeepLearningContainerOptions = {}): TensorFlowRuntime {
    return new DeepLearningContainerRuntime(findRelease(options), options.digest);
  }

  /**
   * An image of any registry that needs no login, with the contract of the Deep Learning Containers.
   *
   * @param uri with a tag or a digest, such as `registry.example.com/tf-serving:2.16.1` or `…@sha256:…`
   * @throws when the reference has neither tag nor digest
   */
  public static fromRegistry(uri: string, options: ContainerImageOptions = {}): TensorFlowRuntime {
    if (!Token.isUnresolved(uri) && !/^[a-z0-9][\w.:/-]*(:\w[\w.-]{0,127}|@sha256:[0-9a-f]{64})$/.test(uri)) {
      throw new Error(`runtime: got the image "${uri}"; allowed is a reference with a tag or a digest, such as "registry.example.com/tf-serving:2.16.1".`);
    }
    return new RegistryRuntime(uri, options);
  }

  /**
   * An image of an ECR repository of yours, with the contract of the Deep Learning Containers. In
   * another account, the repository's own policy must allow the pull as well.
   *
   * @param repository whose images the instance may pull
   * @param tagOrDigest a tag, or `sha256:` and 64 hexadecimal digits
   * @throws when it is neither
   */
  public static fromEcrRepository(repository: ecr.IRepository, tagOrDigest: string, options: ContainerImageOptions = {}): TensorFlowRuntime {
    return new EcrRuntime(repository, tagOrDigest, options);
  }

  /**
   * TensorFlow's wheel from PyPI in a virtual environment, behind this library's model server,
   * which speaks TF Serving's REST API (no gRPC).
   */
  public static wheel(options: WheelOptions = {}): TensorFlowRuntime {
    return new WheelRuntime(options.version ?? '2.20.0');
  }

  /**
   * A TensorFlow wheel of your own, such as one that was built from source, behind the same model server as `wheel()`.
   * What it depends on comes from PyPI.
   *
   * @param bucket of which the instance may read the one object
   * @param key whose last part is the wheel's own file name, such as `wheels/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl`
   * @throws when the file name is no TensorFlow wheel's for aarch64, or an option contradicts it
   */
  public static wheelFile(bucket: IBucket, key: string, options: WheelFileOptions = {}): TensorFlowRuntime {
    return new WheelFileRuntime(bucket, key, options);
  }

  /**
   * Arm's TensorFlow image `armswdev/tensorflow-arm-neoverse`, behind the same model server as `wheel()`, which is
   * mounted into it. Arm builds these images with features in development and for evaluation only, which is a warning.
   *
   * @throws when the tag is not a pinned one, or of a TensorFlow before 2.14
   * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md
   */
  public static dockerHub(options: DockerHubOptions): TensorFlowRuntime {
    return new DockerHubRuntime(options);
  }

  /**
   * Called by the construct that runs it: grants what the runtime needs to `grantee` and returns
   * what the instance must know.
   */
  public abstract bind(scope: Construct, grantee: iam.IGrantable): TensorFlowRuntimeConfig;

  /**
   * Called by the construct that runs it, with the machine image that it shall run on. A container brings what it
   * needs; a wheel needs a Python and a glibc of the image.
   *
   * @throws when the image is known and this runtime cannot run on it
   */
  public checkMachineImage(_machineImage: GravitonMachineImage): void {}
}

const SERVING_SCRIPT = '/usr/bin/tf_serving_entrypoint.sh';

function findRelease({ version, tag }: DeepLearningContainerOptions): DeepLearningContainerRelease {
  const wanted = tag ?? version ?? DEFAULT_DEEP_LEARNING_CONTAINER;
  const key = tag !== undefined ? 'tag' : 'version';
  const release = DEEP_LEARNING_CONTAINERS.find((candidate) => candidate[key] === wanted);
  if (release === undefined || (version !== undefined && release.version !== version)) {
    throw new Error(
      `deepLearningContainer ${key}: got "${wanted}"${tag && version ? ` with version "${version}"` : ''}; allowed are ${DEEP_LEARNING_CONTAINERS.map((r) => r[key]).join(', ')}.`,
    );
  }
  return release;
}

function containerEnvironment(image: string, registry: string, entrypoint: string, command: string): TensorFlowRuntimeConfig {
  return {
    container: true,
    environment: {
      GTF_RUNTIME: 'container', GTF_IMAGE: image, GTF_ECR_REGISTRY: registry, GTF_ENTRYPOINT: entrypoint, GTF_COMMAND: command,
    },
  };
}

class DeepLearningContainerRuntime extends TensorFlowRuntime {
  constructor(private readonly release: DeepLearningContainerRelease, private readonly digest?: string) {
    super();
    if (digest !== undefined) {
      checkDigest(digest);
    }
  }

  public bind(scope: Construct, grantee: iam.IGrantable): TensorFlowRuntimeConfig {
    const { version, repository, tag, endOfPatch, entrypoint = '' } = this.release;
    if (isPast(endOfPatch)) {
      const patched = DEEP_LEARNING_CONTAINERS.filter((candidate) => !isPast(candidate.endOfPatch)).map((r) => r.version);
      const alternatives = patched.length > 0 ? [`version ${patched.join(' or ')}`] : [];
      Annotations.of(scope).addWarningV2(
        'graviton-tensorflow:TensorFlowRuntime.endOfPatch',
        `The Deep Learning Container ${tag} is past AWS's end of patch (${endOfPatch}). Alternatives: ${[...alternatives, 'TensorFlowRuntime.wheel()', 'your own image by fromEcrRepository()'].join(', ')}.`,
        { context: { version } },
      );
    }
    const registry = deepLearningContainerRegistry(scope);
    const stack = Stack.of(scope);
    grantPull(grantee, [`arn:${stack.partition}:ecr:${stack.region}:${registry.account}:repository/${repository}`]);
    const reference = this.digest === undefined ? `:${tag}` : `@${this.digest}`;
    return containerEnvironment(`${registry.host}/${repository}${reference}`, registry.host, entrypoint, SERVING_SCRIPT);
  }
}

class RegistryRuntime extends TensorFlowRuntime {
  constructor(private readonly uri: string, private readonly options: ContainerImageOptions) {
    super();
  }

  public bind(): TensorFlowRuntimeConfig {
    return containerEnvironment(this.uri, '', '', this.options.command ?? SERVING_SCRIPT);
  }
}

class EcrRuntime extends TensorFlowRuntime {
  constructor(private readonly repository: ecr.IRepository, private readonly tagOrDigest: string, private readonly options: ContainerImageOptions) {
    super();
    if (tagOrDigest.startsWith('sha256:')) {
      checkDigest(tagOrDigest);
    } else if (!Token.isUnresolved(tagOrDigest) && !/^\w[\w.-]{0,127}$/.test(tagOrDigest)) {
      throw new Error(`tagOrDigest: got "${tagOrDigest}"; allowed is a tag such as "2.16.1", or "sha256:" and 64 hexadecimal digits.`);
    }
  }

  public bind(_scope: Construct, grantee: iam.IGrantable): TensorFlowRuntimeConfig {
    grantPull(grantee, [this.repository.repositoryArn]);
    const { repositoryUri } = this.repository;
    return containerEnvironment(
      this.repository.repositoryUriForTagOrDigest(this.tagOrDigest),
      // A literal URI names its registry before the first slash; a token's registry follows from its account and region.
      Token.isUnresolved(repositoryUri) ? registryOf(this.repository) : repositoryUri.split('/')[0],
      '',
      this.options.command ?? SERVING_SCRIPT,
    );
  }
}

class WheelRuntime extends TensorFlowRuntime {
  constructor(private readonly version: string) {
    super();
    checkVersion('wheel', version);
  }

  public bind(): TensorFlowRuntimeConfig {
    return wheelEnvironment(this.version, '', '', '');
  }

  public override checkMachineImage(machineImage: GravitonMachineImage): void {
    if (!Token.isUnresolved(this.version)) {
      checkMachineImage(needsOfRelease(this.version), machineImage.distribution);
    }
  }
}

class WheelFileRuntime extends TensorFlowRuntime {
  private readonly needs?: TensorFlowNeeds;
  private readonly version: string;

  constructor(private readonly bucket: IBucket, private readonly key: string, private readonly options: WheelFileOptions) {
    super();
    const name = Token.isUnresolved(key) ? undefined : readWheelFileName(key);
    this.needs = name?.needs;
    this.version = versionOfWheelFile(name, options.version);
    checkVersion('wheelFile', this.version);
    checkWheelFileSha256(options.sha256);
  }

  public bind(_scope: Construct, grantee: iam.IGrantable): TensorFlowRuntimeConfig {
    iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [this.bucket.arnForObjects(this.key)] });
    this.bucket.encryptionKey?.grantDecrypt(grantee);
    return wheelEnvironment(this.version, this.bucket.bucketName, this.key, this.options.sha256 ?? '');
  }

  public override checkMachineImage(machineImage: GravitonMachineImage): void {
    if (this.needs !== undefined) {
      checkMachineImage(this.needs, machineImage.distribution);
    }
  }
}

class DockerHubRuntime extends TensorFlowRuntime {
  constructor(private readonly options: DockerHubOptions) {
    super();
    checkDockerHubTag(options.tag);
    if (options.digest !== undefined) {
      checkDigest(options.digest);
    }
  }

  public bind(scope: Construct): TensorFlowRuntimeConfig {
    const { tag, digest } = this.options;
    Annotations.of(scope).addWarningV2(
      'graviton-tensorflow:TensorFlowRuntime.evaluationOnly',
      `The image ${DOCKER_HUB_REPOSITORY}:${tag} is for evaluation: Arm says of its builds that they "may contain features currently in active development" and "are intended only for evaluation purposes" (${DOCKER_HUB_SOURCE}). Alternatives: TensorFlowRuntime.wheel(), wheelFile().`,
    );
    return {
      container: false,
      environment: { GTF_RUNTIME: 'dockerhub', GTF_IMAGE: `${DOCKER_HUB_REPOSITORY}${digest === undefined ? `:${tag}` : `@${digest}`}`, GTF_ECR_REGISTRY: '' },
    };
  }
}

function wheelEnvironment(version: string, bucket: string, key: string, sha256: string): TensorFlowRuntimeConfig {
  return {
    container: false,
    environment: { GTF_RUNTIME: 'wheel', GTF_TENSORFLOW_VERSION: version, GTF_WHEEL_BUCKET: bucket, GTF_WHEEL_KEY: key, GTF_WHEEL_SHA256: sha256 },
  };
}

function checkVersion(factory: string, version: string): void {
  const [, minor, patch] = /^2\.(\d+)\.(\d+)$/.exec(version)?.map(Number) ?? [];
  if (!Token.isUnresolved(version) && !(minor > 14 || (minor === 14 && patch >= 1))) {
    throw new Error(`${factory} version: got "${version}"; allowed is a TensorFlow release from 2.14.1 on, such as "2.20.0".`);
  }
}

function checkDigest(digest: string): void {
  if (!Token.isUnresolved(digest) && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error(`digest: got "${digest}"; allowed is "sha256:" and 64 hexadecimal digits.`);
  }
}

function registryOf(repository: ecr.IRepository): string {
  const { account, region } = repository.env;
  return `${account}.dkr.ecr.${region}.${Stack.of(repository).urlSuffix}`;
}

/** What a pull needs, and no more. GetAuthorizationToken takes no resource. */
function grantPull(grantee: iam.IGrantable, repositoryArns: string[]): void {
  iam.Grant.addToPrincipal({
    grantee,
    actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
    resourceArns: repositoryArns,
  });
  iam.Grant.addToPrincipal({ grantee, actions: ['ecr:GetAuthorizationToken'], resourceArns: ['*'] });
}
