/** One released image of AWS's Graviton TensorFlow inference containers. @internal */
export interface DeepLearningContainerRelease {
  readonly version: string;
  readonly repository: string;
  readonly tag: string;
  /** The end of AWS's patches: a day, a month or a year. */
  readonly endOfPatch: string;
  /** The image's own start is broken (its script lost its shebang), so a shell must run it. */
  readonly entrypoint?: string;
}

/**
 * The released tags: the one catalogue.
 *
 * @see https://github.com/aws/deep-learning-containers/blob/master/available_images.md
 * @see https://aws.amazon.com/releasenotes/dlc-support-policy/
 * @internal
 */
export const DEEP_LEARNING_CONTAINERS: readonly DeepLearningContainerRelease[] = [
  { version: '2.9.1', repository: 'tensorflow-inference-graviton', tag: '2.9.1-cpu-py38-ubuntu20.04-ec2', endOfPatch: '2023' },
  { version: '2.12.1', repository: 'tensorflow-inference-graviton', tag: '2.12.1-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2023' },
  { version: '2.13.0', repository: 'tensorflow-inference-graviton', tag: '2.13.0-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2024-07' },
  { version: '2.14.1', repository: 'tensorflow-inference-graviton', tag: '2.14.1-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2024-09-26' },
  { version: '2.16.1', repository: 'tensorflow-inference-graviton', tag: '2.16.1-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2025-03-07' },
  { version: '2.18.0', repository: 'tensorflow-inference-arm64', tag: '2.18.0-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2025-10-24' },
  {
    version: '2.19.0', repository: 'tensorflow-inference-arm64', tag: '2.19.0-cpu-py312-ubuntu22.04-sagemaker', endOfPatch: '2026-03-11',
    entrypoint: '/bin/bash',
  },
];

/** The release that the guide names. @internal */
export const DEFAULT_DEEP_LEARNING_CONTAINER = '2.14.1';
