import type { Check, Report } from '../../cli/diagnose/report';
import { expectHealthy, faults, findFault } from '../../rehearsal/faults';

const rows: Readonly<Record<string, string>> = {
  'backend.onednn': 'TF_ENABLE_ONEDNN_OPTS=1 in /etc/graviton-tf/serving.env',
  'threads.oversubscription': 'TENSORFLOW_INTRA_OP_PARALLELISM=2 in /etc/graviton-tf/serving.env',
  'kernels.reference': 'serve batches of 2 or more',
};

function report(changes: Readonly<Record<string, Partial<Check>>> = {}, evidence: Partial<Report['evidence']> = {}): Report {
  return {
    schemaVersion: 1,
    exitCode: 1,
    evidence: { kind: 'shadow', ...evidence },
    summary: { backend: 'onednn' },
    checks: Object.keys(rows).map((id) => ({ id, status: 'PASS', evidence: `of ${id}`, ...changes[id] })),
    kernels: [],
    recommended: { intraOp: 2 },
  };
}

describe.each(faults)('$title', (fault) => {
  const evidence = fault.replay === undefined ? {} : { kind: 'log' as const, replay: true };
  const failing = { [fault.row]: { status: 'FAIL' as const, remediation: rows[fault.row] } };

  test('is found where its row fails and names the fix', () => {
    expect(findFault(fault, report(failing, evidence))).toEqual({
      title: fault.title, row: fault.row, evidence: `of ${fault.row}`, fix: rows[fault.row], replay: fault.replay !== undefined,
    });
  });

  test.each<[string, Partial<Check>, RegExp]>([
    ['a row that passes', { status: 'PASS' }, /misses the fault: .* says PASS/],
    ['a row that only warns', { status: 'WARN', remediation: rows[fault.row] }, /says WARN/],
    ['a row that could not tell', { status: 'UNKNOWN' }, /says UNKNOWN/],
    ['a row without a fix', { status: 'FAIL' }, /names no fix like .*: it has none/],
    ['a row with another fix', { status: 'FAIL', remediation: 'TENSORFLOW_INTRA_OP_PARALLELISM=20, TF_ENABLE_ONEDNN_OPTS=10' }, /names no fix like/],
  ])('is missed by %s', (_, row, message) => {
    expect(() => findFault(fault, report({ [fault.row]: row }, evidence))).toThrow(message);
  });

  test('is missed by a report without the row', () => {
    const found = report(failing, evidence);
    expect(() => findFault(fault, { ...found, checks: found.checks.filter(({ id }) => id !== fault.row) })).toThrow(/is not in the report/);
  });

  test('is not taken from evidence of the other kind', () => {
    expect(() => findFault(fault, report(failing, { replay: fault.replay === undefined }))).toThrow(/says that its evidence is/);
  });

  test('must not be there before it is injected', () => {
    expect(() => expectHealthy(report(failing))).toThrow(`without a fault, ${fault.row} fails`);
  });
});

test('a server is healthy by its shadow alone', () => {
  expect(() => expectHealthy(report())).not.toThrow();
  expect(() => expectHealthy(report({ 'platform.hugepages': { status: 'FAIL' } }))).not.toThrow();
  expect(() => expectHealthy(report({}, { kind: 'none', why: 'no memory' }))).toThrow('no shadow of the server answered: no memory');
});
