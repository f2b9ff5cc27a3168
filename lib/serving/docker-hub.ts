import { Token } from 'aws-cdk-lib';

/**
 * Arm's TensorFlow image on Docker Hub.
 *
 * @internal
 */
export const DOCKER_HUB_REPOSITORY = 'armswdev/tensorflow-arm-neoverse';

/**
 * Where Arm says what the images hold and what they are for; this is the newest release with TensorFlow 2.15.1, which
 * the guide names.
 *
 * @internal
 */
export const DOCKER_HUB_SOURCE = 'https://github.com/ARM-software/Tool-Solutions/tree/tensorflow-pytorch-aarch64--r24.03/docker/tensorflow-aarch64';

/**
 * @param tag as Arm forms them: `r<yy>.<mm>-tf-<version>-<backend>`
 * @throws when it is no such tag, such as `latest`, or one of a TensorFlow before 2.14
 * @internal
 */
export function checkDockerHubTag(tag: string): void {
  const [, minor] = /^r\d\d\.\d\d(?:\.\d+)?-tf-2\.(\d+)\.\d+-\w[\w.-]*$/.exec(tag) ?? [];
  // The images before have a Python, or a TensorFlow, that is too old for the model server.
  if (!Token.isUnresolved(tag) && !(Number(minor) >= 14)) {
    throw new Error(
      `dockerHub tag: got "${tag}"; allowed is a tag "r<yy>.<mm>-tf-<version>-<backend>" of TensorFlow 2.14 or later, such as "r24.03-tf-2.15.1-onednn-acl".`,
    );
  }
}
