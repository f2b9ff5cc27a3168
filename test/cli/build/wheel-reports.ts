import type { WheelBuild } from '../../../cli/reports/build-wheel';

const digits = 'ab'.repeat(32);
const folder = 'build-wheel/2.16.1/clang-17.0.2';

/** As runbooks/build/record.py writes it. */
export function aWheelBuild(more: object = {}): WheelBuild {
  return {
    schemaVersion: 1, kind: 'build-wheel', at: '2026-11-30T20:00:00Z', exitCode: 0, outcome: 'uploaded', reason: null, omitted: 0,
    machine: { instance: 'i-0123456789abcdef0', instanceType: 'c7g.4xlarge', cpu: 'Neoverse-V1', architecture: 'aarch64', vCpus: 16, memoryBytes: 32 * 1024 ** 3, kernel: '6.1.0', bf16: true },
    release: '2.16.1', python: '3.11', commit: '5bc9d26649cca274750ad3625bd93422617eed4b', bazel: '6.5.0', compiler: { name: 'clang', version: '17.0.2', path: '/var/lib/llvm/bin/clang' },
    downloads: [
      { name: 'TensorFlow', url: 'https://github.com/tensorflow/tensorflow.git', commit: '5bc9d26649cca274750ad3625bd93422617eed4b', verified: true },
      { name: 'Bazel', url: 'https://github.com/bazelbuild/bazel/releases/download/6.5.0/bazel-6.5.0-linux-arm64', sha256: digits, verified: true },
    ],
    environment: { TF_NEED_CUDA: '0' }, command: ['bazel', 'build'], seconds: { Sources: 60, Build: 7200 },
    findings: [{ id: 'kernels.reference', status: 'PASS', evidence: 'none in 3 convolutions and matrix products', remediation: null, source: 'https://example.com' }],
    artifacts: [
      { file: 'libtensorflow_cc-2.16.1-linux-aarch64.tar.gz', bucket: 'wheels', key: `${folder}/libtensorflow_cc-2.16.1-linux-aarch64.tar.gz`, sha256: digits, bytes: 1e8, record: null },
      { file: 'tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl', bucket: 'wheels', key: `${folder}/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl`, sha256: digits, bytes: 2e8, record: null },
    ],
    notes: [],
    ...more,
  } as WheelBuild;
}

/** Not uploaded: Eigen runs all of it. */
export function aRefusedWheel(): WheelBuild {
  const built = aWheelBuild();
  return aWheelBuild({
    exitCode: 1, outcome: 'refused', reason: 'The wheel failed its test and is not uploaded: wheel.acl: 0%',
    findings: [{ id: 'wheel.acl', status: 'FAIL', evidence: '0% of the time is ACL\'s', remediation: 'build with --config=mkl_aarch64_threadpool', source: 'https://example.com' }],
    artifacts: built.artifacts.map((artifact) => ({ ...artifact, bucket: null, key: null })),
  });
}
