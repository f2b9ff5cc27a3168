/**
 * Which Deep Learning Container to run.
 */
export interface DeepLearningContainerOptions {
  /**
   * TensorFlow version of a released image, such as `2.16.1`.
   *
   * @default '2.14.1', unless `tag` is given
   */
  readonly version?: string;

  /**
   * A released image's tag, such as `2.16.1-cpu-py310-ubuntu20.04-ec2`.
   *
   * @default - the tag of `version`
   */
  readonly tag?: string;

  /**
   * The image's digest, `sha256:` and 64 hexadecimal digits: the image can then not change under its tag.
   *
   * @default - by tag
   */
  readonly digest?: string;
}

/**
 * A container image of your own, by the contract of the Deep Learning Containers: TF Serving
 * started by `/usr/bin/tf_serving_entrypoint.sh`, which takes TF Serving's flags and reads
 * `MODEL_NAME` and `MODEL_BASE_PATH`.
 */
export interface ContainerImageOptions {
  /**
   * The script in the image that starts TF Serving; TF Serving's flags follow it.
   *
   * @default '/usr/bin/tf_serving_entrypoint.sh'
   */
  readonly command?: string;
}

/**
 * Which TensorFlow wheel to run.
 */
export interface WheelOptions {
  /**
   * TensorFlow's version on PyPI, 2.14.1 or later.
   *
   * @default '2.20.0'
   */
  readonly version?: string;
}

/**
 * What is known of a wheel file beside its name.
 */
export interface WheelFileOptions {
  /**
   * SHA-256 of the file in hexadecimal digits, which the instance compares before it installs it.
   *
   * @default - the file is taken as S3 has it
   */
  readonly sha256?: string;

  /**
   * TensorFlow's version, such as `2.16.1`. Needed where the key is known at deployment only.
   *
   * @default - what the file name says
   */
  readonly version?: string;
}

/**
 * Which of Arm's TensorFlow images on Docker Hub to run.
 */
export interface DockerHubOptions {
  /**
   * The image's tag, `r<yy>.<mm>-tf-<TensorFlow's version>-<backend>`, of TensorFlow 2.14 or later, such as
   * `r24.03-tf-2.15.1-onednn-acl`. There is no default, as `latest` is another image every few weeks.
   *
   * @see https://hub.docker.com/r/armswdev/tensorflow-arm-neoverse/tags
   */
  readonly tag: string;

  /**
   * The image's digest, `sha256:` and 64 hexadecimal digits: the image can then not change under its tag.
   *
   * @default - by tag
   */
  readonly digest?: string;
}
