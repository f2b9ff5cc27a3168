import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { explain, regionFrom } from '../aws-errors';
import { CannotTell } from '../cannot-tell';
import type { WhyOptions } from '../why';
import { advice, nextStep } from './advice';
import { type BootLog, findBootLog } from './boot-log';
import { type Deployment, type Signal, describeDeployment } from './deployment';
import type { BootReport } from './report';

/** Asks CloudFormation for the signals and CloudWatch Logs for what the instance wrote before it signalled. */
export async function inspectBoot(options: WhyOptions): Promise<BootReport> {
  let region = regionFrom(options.region);
  try {
    const cloudFormation = new CloudFormationClient({ region });
    region = await cloudFormation.config.region();
    const deployment = await describeDeployment(cloudFormation, options.stack, region);
    const decisive = decisiveSignal(deployment);
    const logs = new CloudWatchLogsClient({ region });
    // A replacement that the group launches on its own signals nothing: only its log tells of it.
    const newest = await findBootLog(logs, deployment.logGroups);
    const superseded = !decisive || (decisive.status === 'SUCCESS' && isLater(newest, decisive));
    const log = superseded || newest?.instance === decisive?.instance ? newest : await findBootLog(logs, deployment.logGroups, decisive?.instance);
    return judge(options, region, deployment, superseded ? undefined : decisive, log);
  } catch (error) {
    return explain(error, region);
  }
}

/** In the last operation a failure is what the operator asks about, whatever its rollback signalled afterwards. */
function decisiveSignal(deployment: Deployment): Signal | undefined {
  return deployment.signals.filter((signal) => signal.status === 'FAILURE').at(-1) ?? deployment.signals.at(-1) ?? deployment.earlierSignal;
}

function isLater(log: BootLog | undefined, signal: Signal): boolean {
  // The signal's own boot writes its log within seconds of signalling.
  return log?.at !== undefined && log.instance !== signal.instance && log.at > signal.at;
}

export function judge(options: WhyOptions, region: string, deployment: Deployment, signal: Signal | undefined, log: BootLog | undefined): BootReport {
  const base = {
    schemaVersion: 1 as const,
    stack: options.stack,
    region,
    at: (signal?.at ?? log?.at)?.toISOString(),
    instance: signal?.instance ?? log?.instance,
    seconds: log?.event?.seconds,
    phases: log?.event?.phases,
    findings: log?.findings,
    log: (log?.lines ?? []).slice(-options.lines),
    logGroup: log?.group ?? deployment.logGroups[0],
    logStream: log?.stream,
    logMissing: log ? undefined : missingLog(deployment, signal),
    deployment: { status: deployment.status, failedResource: deployment.failedResource },
  };
  const bootFailed = signal ? signal.status === 'FAILURE' : log?.event?.status === 'failed';
  if (bootFailed) {
    const phase = signal?.phase ?? log?.event?.phase;
    const cause = log?.event?.cause ?? 'the instance gave no cause that could be read';
    return { ...base, outcome: 'failed', phase, cause, next: nextStep(phase, cause) };
  }
  // Something failed, and no instance said so: either it never reported, or the deployment did not get that far.
  if (deployment.failedResource && !deployment.signals.length) {
    const { logicalId, type, reason } = deployment.failedResource;
    const silent = type === 'AWS::AutoScaling::AutoScalingGroup';
    const cause = silent ? `no instance reported back: ${reason}` : `${logicalId} (${type}) failed: ${reason}`;
    return { ...base, outcome: 'failed', cause, next: silent ? advice.silent : advice.resource };
  }
  if (signal || log?.event) return { ...base, outcome: 'ready', next: advice.ready };
  throw new CannotTell(noBoot(options.stack, deployment));
}

function missingLog(deployment: Deployment, signal: Signal | undefined): string {
  if (!deployment.logGroups.length) return 'the stack has no log group any more';
  return signal ? `no stream boot/${signal.instance} in ${deployment.logGroups[0]}` : `no boot has written to ${deployment.logGroups[0]}`;
}

function noBoot(stack: string, { status, started }: Deployment): string {
  if (status.endsWith('_IN_PROGRESS')) {
    const minutes = started ? ` since ${Math.round((Date.now() - started.getTime()) / 60_000)} min` : '';
    return `No instance of ${stack} has signalled yet (${status}${minutes}): ask again in a few minutes.`;
  }
  return `${stack} (${status}) holds no signal and no boot log: check that --stack names the stack with the TensorFlow server.`;
}
