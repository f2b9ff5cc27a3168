import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';

/**
 * The encrypted gp3 volume of a server.
 *
 * @throws when its size or throughput is not allowed
 * @internal
 */
export function rootVolume(volumeSize = 30, volumeThroughput = 250): ec2.BlockDeviceVolume {
  if (!Token.isUnresolved(volumeSize) && (!Number.isInteger(volumeSize) || volumeSize < 20 || volumeSize > 16384)) {
    throw new Error(`volumeSize: got ${volumeSize}; allowed are whole GiB from 20 to 16384.`);
  }
  // The IOPS are computed from it, so it must be known.
  if (!Number.isInteger(volumeThroughput) || volumeThroughput < 125 || volumeThroughput > 1000) {
    const got = Token.isUnresolved(volumeThroughput) ? 'a number that is only known at deployment' : volumeThroughput;
    throw new Error(`volumeThroughput: got ${got}; allowed are whole MiB/s from 125 to 1000.`);
  }
  return ec2.BlockDeviceVolume.ebs(volumeSize, {
    volumeType: ec2.EbsDeviceVolumeType.GP3,
    encrypted: true,
    throughput: volumeThroughput,
    // gp3 carries 0.25 MiB/s for each of its IOPS; 3,000 are included in its price.
    iops: Math.max(3000, volumeThroughput * 4),
    deleteOnTermination: true,
  });
}
