import { renderPhases } from './boot/render';
import { nextStep } from './boot/advice';
import { type Terminal, seconds } from './terminal';
import type { ContainerReport, DiagnosisReport, RehearsalReport, ServerReport, TuningReport } from '../rehearsal/report';

export function renderRehearsal(report: RehearsalReport, terminal: Terminal): void {
  terminal.line();
  if (report.outcome === 'interrupted') {
    terminal.line(`${terminal.yellow('■')} ${terminal.bold('Interrupted')}: every process was ended, and the folder removed.`);
    return;
  }
  if (report.failure) return renderFailure(report, terminal);
  const { server, diagnosis, tuning, container } = report as Required<RehearsalReport>;
  terminal.line(`${terminal.green('✔')} ${terminal.bold(`From cdk deploy to a prediction in ${seconds(report.seconds)}`)}`);
  renderServer(server, terminal);
  if (diagnosis) renderDiagnosis(diagnosis, terminal);
  if (tuning) renderTuning(tuning, terminal);
  if (container) renderContainer(container, terminal);
  terminal.heading('What ran as it runs on AWS');
  for (const what of report.ran) terminal.marked('  •', what);
  terminal.heading('What was swapped');
  terminal.rows(report.swapped.map(({ onAnInstance, here }) => [onAnInstance, here] as const));
  if (server.withoutEffect.length) {
    terminal.paragraph(terminal.dim(`${server.withoutEffect.length} directives of the units shield an instance and have no effect for an ordinary user (--json lists them).`));
  }
  renderKept(report, terminal);
}

function renderServer(server: ServerReport, terminal: Terminal): void {
  const { prediction } = server;
  terminal.line();
  terminal.rows([
    ['asked', prediction?.request],
    ['answered', prediction && `${terminal.bold(prediction.answer)} in ${prediction.milliseconds} ms`],
    ['by', `POST ${server.endpoint}:predict`],
    ['instance', `${server.instance} of ${server.stack}, one SUCCESS signal for ${server.resource}`],
  ]);
  terminal.heading('Environment in force');
  terminal.rows(Object.entries(server.servingEnvironment));
  renderPhases(server.phases ?? {}, terminal);
  terminal.line(`  ${terminal.dim(`the boot took ${seconds(server.bootSeconds ?? 0)}; phases side by side overlap`)}`);
}

function renderDiagnosis({ rows, backend, primitives, findings, faults }: DiagnosisReport, terminal: Terminal): void {
  terminal.heading('Troubleshooting (graviton-tf diagnose)');
  const counts = (['pass', 'warn', 'fail', 'skip', 'unknown'] as const).filter((status) => rows[status]).map((status) => `${rows[status]} ${status}`);
  terminal.rows([['as booted', `${backend}, ${primitives} primitives; checks: ${counts.join(', ')}`]]);
  for (const { id, evidence, remediation } of findings) terminal.marked(`  ${terminal.yellow('!')}`, `${id}: ${evidence}${remediation ? `; fix: ${remediation}` : ''}`);
  for (const { title, row, fix, replay } of faults) terminal.marked(`  ${terminal.green('✔')}`, `${title}: found by ${row}${replay ? ', by a log replayed' : ''}; fix: ${fix}`);
}

function renderTuning({ optimization, benchmark }: TuningReport, terminal: Terminal): void {
  terminal.heading('Optimization and benchmark (graviton-tf optimize, graviton-tf benchmark)');
  terminal.rows([
    ['optimized', optimization && `version ${optimization.version}: ${optimization.nodes.join(' → ')} nodes, ${optimization.speedup.toFixed(2)} × as fast, largest difference ${optimization.maxAbsolute.toExponential(0)}`],
    ['meanwhile', optimization && `${optimization.requests} requests, all answered, the slowest in ${optimization.slowestMilliseconds} ms; then ${optimization.answer}`],
    ['LoadGen', benchmark && `p90 ${benchmark.p90Milliseconds.toFixed(1)} ms (SingleStream), ${benchmark.throughput.toFixed(1)} samples/s (Offline); shortened, so INVALID by MLPerf's rules`],
  ]);
}

function renderContainer(container: ContainerReport, terminal: Terminal): void {
  terminal.heading(`The default runtime (${container.stack}), against a recording docker`);
  terminal.rows([['image', container.image]]);
  for (const check of container.checks) terminal.line(`  ${check.passed ? terminal.green('✔') : terminal.red('✖')} ${check.what}`);
}

function renderFailure({ failure, kept }: RehearsalReport, terminal: Terminal): void {
  if (!failure) return;
  const what = failure.prerequisite ? 'The rehearsal cannot start' : `Failed at “${failure.step}”`;
  terminal.line(`${terminal.red('✖')} ${terminal.bold(what)}${failure.phase ? ` in phase ${terminal.bold(failure.phase)}` : ''}`);
  terminal.line();
  terminal.rows([['cause', failure.cause]]);
  if (failure.log.length) {
    terminal.heading('Last lines');
    terminal.quote(failure.log);
  }
  if (failure.phase) {
    terminal.heading('Next');
    terminal.paragraph(nextStep(failure.phase, failure.cause));
  }
  if (!kept) {
    terminal.line();
    terminal.line(terminal.dim('  Every process was ended, and the folder removed.'));
  }
}

function renderKept({ kept, server }: RehearsalReport, terminal: Terminal): void {
  if (!kept || !server) {
    terminal.line();
    terminal.line(terminal.dim('  Every process was ended, and the folder removed; --keep leaves them.'));
    return;
  }
  terminal.heading('Still running');
  terminal.rows([
    ['server', `curl ${server.endpoint}`],
    ['folder', kept.folder],
    ['stop', kept.stop],
  ]);
  terminal.line();
  terminal.line(terminal.dim('  The AWS CLI and graviton-tf why reach the embedded AWS with these:'));
  for (const [name, value] of Object.entries(kept.environment)) terminal.line(`  export ${name}=${value}`);
}
