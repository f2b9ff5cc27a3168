import { commandFailed, runCommandLine } from './command-line';
import type { EmbeddedAws } from './embedded-aws';
import { type Question, ask } from './prediction';
import type { TuningReport } from './report';
import { Traffic } from './traffic';
import type { Workspace } from './workspace';

type Note = (line: string) => void;

interface Optimization {
  readonly outcome: string;
  readonly reason: string;
  readonly published?: { readonly version: number } | null;
  readonly before: { readonly nodes: number };
  readonly after: { readonly nodes: number };
  readonly speedup: { readonly median: number };
  readonly accuracy: { readonly maxAbsolute: number };
}

interface Benchmark {
  readonly scenarios: ReadonlyArray<{
    readonly scenario: string; readonly valid: boolean; readonly why: readonly string[]; readonly samples: number; readonly errors: number;
    readonly throughput: number; readonly latency: { readonly p90: number };
  }>;
}

/** Long enough for LoadGen to measure something, far too short for MLPerf: it must say INVALID. */
const benchmarkSeconds = 2;

/** The graph optimization and the benchmark against the model server that was booted, by the operator's command line. */
export class Tuning {
  private found: TuningReport = {};

  constructor(
    private readonly workspace: Workspace, private readonly aws: EmbeddedAws, private readonly stack: string, private readonly endpoint: string,
  ) {}

  /** While a client asks without a pause: publishing must not cost it one answer. */
  async optimize(question: Question, note: Note): Promise<string> {
    const traffic = new Traffic(`${this.endpoint}:predict`, question);
    // Whether it pays is for the bench: here a slow minute of this machine must not decide, nor take long.
    const briefly = ['--least-speedup', '0.01', '--parameter', 'Seconds=8', '--parameter', 'Pairs=3'];
    const report = await this.run<Optimization>(['optimize', '--stack', this.stack, '--json', ...briefly], note).catch(async (error: unknown) => {
      await traffic.stop().catch(() => {});
      throw error;
    });
    const { version } = report.published ?? {};
    if (report.outcome !== 'published' || version === undefined) throw new Error(`nothing was published: ${report.reason}`);
    await this.expectServed(version);
    const answered = await traffic.stop();
    const { answer } = await ask(`${this.endpoint}:predict`, question);
    this.found = {
      ...this.found,
      optimization: {
        version, answer, requests: answered.requests, slowestMilliseconds: answered.slowestMilliseconds,
        nodes: [report.before.nodes, report.after.nodes], speedup: report.speedup.median, maxAbsolute: report.accuracy.maxAbsolute,
      },
    };
    return `version ${version}: ${report.before.nodes} → ${report.after.nodes} nodes, ${report.speedup.median.toFixed(2)} × as fast; ${answered.requests} requests meanwhile, none lost`;
  }

  async benchmark(note: Note): Promise<string> {
    const report = await this.run<Benchmark>(
      ['benchmark', '--stack', this.stack, '--scenario', 'SingleStream', '--scenario', 'Offline', '--time', String(benchmarkSeconds), '--json'], note,
    );
    for (const { scenario, samples, errors, valid, why } of report.scenarios) {
      if (samples === 0 || errors > 0) throw new Error(`${scenario}: ${samples} samples, ${errors} errors`);
      if (valid || why.length === 0) throw new Error(`${scenario}: ${benchmarkSeconds} s cannot be a valid MLPerf run, and the report does not say so`);
    }
    const [stream, offline] = ['SingleStream', 'Offline'].map((name) => report.scenarios.find(({ scenario }) => scenario === name));
    if (!stream || !offline) throw new Error(`the report has the scenarios ${report.scenarios.map(({ scenario }) => scenario).join(', ')}`);
    this.found = { ...this.found, benchmark: { p90Milliseconds: stream.latency.p90, throughput: offline.throughput } };
    return `p90 ${stream.latency.p90.toFixed(1)} ms, ${offline.throughput.toFixed(1)} samples/s, shortened and so INVALID`;
  }

  private async run<Report>(command: readonly [string, ...string[]], note: Note): Promise<Report> {
    const printed = await runCommandLine(this.workspace, this.aws, command, note);
    if (printed.status !== 0) throw commandFailed(command[0], printed, reasonIn(printed.stdout));
    return JSON.parse(printed.stdout) as Report;
  }

  private async expectServed(version: number): Promise<void> {
    const answer = await (await fetch(this.endpoint)).json() as { model_version_status?: ReadonlyArray<{ version: string; state: string }> };
    const state = answer.model_version_status?.find((status) => status.version === String(version))?.state;
    if (state !== 'AVAILABLE') throw new Error(`the server says ${state ?? 'nothing'} of version ${version}, expected AVAILABLE`);
  }

  get report(): TuningReport {
    return this.found;
  }
}

function reasonIn(stdout: string): string | undefined {
  try {
    return (JSON.parse(stdout) as { reason?: string }).reason;
  } catch {
    return undefined;
  }
}
