import type { Check, Kernel, Report, Status } from '../../../cli/diagnose/report';

/** A report as an instance writes it: one reference kernel, everything else in order. */
export function aReport(more: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    at: '2026-11-23T00:00:00Z',
    instance: 'i-0123456789abcdef0',
    exitCode: 1,
    evidence: { kind: 'shadow', replay: false, lines: 60, execLines: 42, truncated: false, batch: 1, requests: 3, from: 'warm-up assets' },
    summary: {
      backend: 'onednn', onednnVersion: '3.2.1', isa: 'AArch64 SVE (256 bits)', threading: 'threadpool', primitives: 42, referenceShare: 0.87,
      bf16: { available: true, requested: true, used: false }, aclShare: 0.13, tensorflow: '2.16.1',
    },
    checks: [
      aCheck('platform.kernel', 'PASS', 'Linux 6.1.0'),
      aCheck('platform.network', 'SKIP', 'no ENA counters here'),
      aCheck('platform.iowait', 'SKIP', 'no ENA counters here'),
      aCheck('threads.pool', 'PASS', 'intra-op 4'),
      { ...aCheck('kernels.reference', 'FAIL', '87 % of the time is in gemm:ref'), remediation: 'serve batches of 2 or more', source: 'https://example.com/guide' },
    ],
    kernels: [
      aKernel({ implementation: 'gemm:ref', kind: 'reference', milliseconds: 87, share: 0.87, remedy: 'batching' }),
      aKernel({ milliseconds: 13, share: 0.13 }),
    ],
    kernelsOmitted: 0,
    issue: { title: 'Reference kernel for convolution', body: 'These operators run\n\n| the | reference |\n|---|---|\n', url: 'https://github.com/ARM-software/ComputeLibrary/issues/new' },
    nextStep: { text: 'fix kernels.reference first', command: 'aperf record -p 10', source: 'https://github.com/aws/aperf' },
    facts: { instanceType: 'c7g.xlarge', server: { kind: 'container', name: 'graviton-tf', image: 'tensorflow-inference-graviton:2.16.1' } },
    recommended: { intraOp: 4 },
    ...more,
  };
}

export function aCheck(id: string, status: Status, evidence = 'seen'): Check {
  return { id, status, evidence, remediation: null, source: null };
}

export function aKernel(more: Partial<Kernel> = {}): Kernel {
  return { primitive: 'convolution', implementation: 'gemm:acl', kind: 'acl', shape: 'mb1_ic3oc16_ih64oh64kh3sh1dh0ph1_iw64ow64kw3sw1dw0pw1', count: 6, milliseconds: 1, share: 0.1, remedy: null, ...more };
}

/** All in order, on another instance. */
export function aHealthyReport(instance: string): Report {
  const base = aReport();
  return {
    ...base, instance, exitCode: 0, issue: null, kernels: [aKernel()], summary: { ...base.summary, referenceShare: 0, bf16: { available: true, requested: true, used: true } },
    checks: base.checks.map((check) => (check.status === 'FAIL' ? aCheck(check.id, 'PASS', 'none') : check)),
  };
}
