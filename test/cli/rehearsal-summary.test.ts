import { renderRehearsal } from '../../cli/rehearsal-summary';
import { Terminal } from '../../cli/terminal';
import type { RehearsalReport } from '../../rehearsal/report';

const passed: RehearsalReport = {
  schemaVersion: 1,
  outcome: 'passed',
  seconds: 100,
  steps: [],
  server: { stack: 'S', resource: 'R', instance: 'i-1', signals: [], endpoint: 'http://127.0.0.1:8501/v1/models/model', servingEnvironment: {}, withoutEffect: [] },
  diagnosis: {
    rows: { pass: 12, warn: 1, fail: 0, skip: 7, unknown: 0 },
    backend: 'onednn',
    primitives: 188,
    findings: [{ id: 'platform.hugepages', status: 'WARN', evidence: 'never', remediation: 'always' }],
    faults: [
      { title: 'oneDNN switched off', row: 'backend.onednn', evidence: 'Eigen', fix: 'TF_ENABLE_ONEDNN_OPTS=1', replay: false },
      { title: 'reference kernels', row: 'kernels.reference', evidence: '81 %', fix: 'batching', replay: true },
    ],
  },
  ran: [],
  swapped: [{ onAnInstance: 'the SSM agent', here: 'a runner' }],
};

function rendered(report: RehearsalReport): string {
  let text = '';
  renderRehearsal(report, new Terminal({ write: (chunk: string) => { text += chunk; return true; } } as unknown as NodeJS.WriteStream, {}));
  return text;
}

test('the summary has a line for the diagnosis, for each finding and for each fault', () => {
  const lines = rendered(passed).split('\n');
  expect(lines).toContain('  as booted  onednn, 188 primitives; checks: 12 pass, 1 warn, 7 skip');
  expect(lines).toContain('  ! platform.hugepages: never; fix: always');
  expect(lines).toContain('  ✔ oneDNN switched off: found by backend.onednn; fix: TF_ENABLE_ONEDNN_OPTS=1');
  expect(lines).toContain('  ✔ reference kernels: found by kernels.reference, by a log replayed; fix: batching');
});

test('a fault that was missed is the cause of the failure', () => {
  const cause = 'the diagnosis misses the fault: backend.onednn says PASS (x)';
  const text = rendered({ ...passed, outcome: 'failed', failure: { step: 'Find a fault: oneDNN switched off', cause, log: [] } });
  expect(text).toContain('Failed at “Find a fault: oneDNN switched off”');
  expect(text).toContain(cause);
});
