import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What EC2's own API says of an instance type. */
export interface Ec2Type {
  readonly name: string;
  readonly vCpus: number;
  readonly arm64: boolean;
  readonly apple: boolean;
}

/** Every instance type that EC2's DescribeInstanceTypes gave when the pinned moto was released. */
export function ec2Types(): Ec2Type[] {
  const lib = path.join(__dirname, '..', '..', '.venv', 'lib');
  const [python] = readdirSync(lib).filter((name) => name.startsWith('python'));
  const file = path.join(lib, python, 'site-packages', 'moto', 'ec2', 'resources', 'instance_types.json.gz');
  const described: { [name: string]: any } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
  return Object.entries(described).map(([name, { VCpuInfo, ProcessorInfo }]) => ({
    name,
    vCpus: VCpuInfo.DefaultVCpus,
    arm64: ProcessorInfo.SupportedArchitectures.some((architecture: string) => architecture.startsWith('arm64')),
    apple: ProcessorInfo.Manufacturer === 'Apple',
  }));
}
