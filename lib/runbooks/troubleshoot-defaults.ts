import { KERNEL_FLOOR } from '../compute/kernel';
import { DEEP_LEARNING_CONTAINERS } from '../serving/released-containers';

/**
 * What the troubleshooting document's checks compare with, from the places where it stands: defaults
 * of the document's parameters, by their names. The command line bundles this file too.
 *
 * @internal
 */
export function troubleshootDefaults(): { [parameter: string]: string } {
  return {
    KernelFloor: KERNEL_FLOOR,
    EndOfPatch: DEEP_LEARNING_CONTAINERS.map(({ repository, tag, endOfPatch }) => `${repository}:${tag}=${endOfPatch}`).join(' '),
  };
}
