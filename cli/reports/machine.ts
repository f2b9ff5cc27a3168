import { z } from 'zod';
import { bytes } from '../render/numbers';
import { number, text, yesOrNo } from './parse';

export const machine = z.looseObject({
  instance: text,
  instanceType: text,
  cpu: text,
  architecture: text,
  vCpus: number,
  memoryBytes: number,
  kernel: text,
  bf16: yesOrNo,
});
export type Machine = z.infer<typeof machine>;

export const software = z.looseObject({
  tensorflow: text,
  python: text,
  loadgen: text,
  image: text,
  digest: text,
  commit: text,
  runtime: text,
});
export type Software = z.infer<typeof software>;

export function machineText({ instance, instanceType, cpu, architecture, vCpus, memoryBytes, kernel }: Machine): string {
  return [
    [instance, instanceType].filter(Boolean).join(' '),
    [cpu, architecture].filter(Boolean).join(' '),
    vCpus ? `${vCpus} vCPUs` : '',
    bytes(memoryBytes),
    kernel && `Linux ${kernel}`,
  ].filter(Boolean).join(', ');
}

export function softwareText({ tensorflow, python, loadgen, runtime }: Software): string {
  return [tensorflow && `TensorFlow ${tensorflow}`, python && `Python ${python}`, loadgen && `LoadGen ${loadgen}`, runtime].filter(Boolean).join(', ');
}

/** What a result needs so that it can be had again. */
export function originRows(of: { readonly machine: Machine; readonly software: Software; readonly at?: string | null }): Array<readonly [string, string | undefined]> {
  return [
    ['machine', machineText(of.machine)],
    ['software', softwareText(of.software)],
    ['image', of.software.image ?? undefined],
    ['digest', of.software.digest ?? undefined],
    ['commit', of.software.commit ?? undefined],
    ['when', of.at ?? undefined],
  ];
}

/** Which machine, in a word. */
export function machineName({ instance, instanceType, cpu, architecture }: Machine, fallback = 'this machine'): string {
  return instance ? (instanceType ? `${instance} (${instanceType})` : instance) : instanceType || fallback || cpu || architecture || '';
}
