import { CannotTell } from '../../../cli/cannot-tell';
import { diagnoseCommand } from '../../../cli/diagnose/command';
import { type Answer, type Call, StandInAws, errorXml } from '../stand-in-aws';
import { type Outcome, credentials, runCli } from '../run-cli';
import { aReport } from './reports';

export const first = 'i-0123456789abcdef0';
export const second = 'i-0123456789abcdef1';
export const third = 'i-0123456789abcdef2';
export const command = '11111111-2222-3333-4444-555555555555';

interface ScriptedPlugin {
  readonly Name: string;
  readonly Status: string;
  readonly ResponseCode?: number;
}

/** One look at an instance's invocation. */
export interface Look {
  readonly Status: string;
  readonly StatusDetails?: string;
  readonly CommandPlugins?: readonly ScriptedPlugin[];
}

export interface ScriptedSsm {
  /** Documents that ListDocuments tells, over two pages. */
  readonly documents?: ReadonlyArray<{ readonly Name: string; readonly Tags?: ReadonlyArray<{ readonly Key: string; readonly Value: string }> }>;
  readonly description?: object;
  /** What DescribeInstanceInformation knows, over two pages. */
  readonly instances?: ReadonlyArray<{ readonly InstanceId: string } & object>;
  /** What each look finds; the last stays. */
  readonly looks?: Readonly<Record<string, readonly Look[]>>;
  /** What the steps wrote, by instance and step. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, { readonly stdout?: string; readonly stderr?: string }>>>>;
  /** Objects of the results bucket, by their path. */
  readonly objects?: Readonly<Record<string, Answer>>;
  /** Answers that come before the script's own; undefined leaves it to the script. */
  readonly instead?: (call: Call, count: number) => Answer | undefined;
}

export const online = (InstanceId: string, more: object = {}) => ({ InstanceId, PingStatus: 'Online', PlatformType: 'Linux', AgentVersion: '3.3.3572.0', ...more });
export const steps = (...pairs: ReadonlyArray<readonly [string, string]>): ScriptedPlugin[] => pairs.map(([Name, Status]) => ({ Name, Status, ResponseCode: Status === 'Success' ? 0 : 1 }));
export const succeeded: Look = { Status: 'Success', CommandPlugins: steps(['Prepare', 'Success'], ['Shadow', 'Success'], ['Report', 'Success'], ['CleanUp', 'Success']) };
export const runbook = {
  Name: 'Server-Runbook-1',
  Tags: [{ Key: 'graviton-tensorflow:runbook', Value: 'troubleshoot' }, { Key: 'graviton-tensorflow:results', Value: 'results' }],
};

export function refusal(code: string, message = ''): Answer {
  return { status: 400, body: JSON.stringify({ __type: code, message }) };
}

/** A Systems Manager with one runbook and one instance, unless told otherwise. */
export function scriptedSsm(script: ScriptedSsm = {}): (call: Call) => Answer {
  const { documents = [runbook], instances = [online(first)], description = {} } = script;
  const looks = script.looks ?? { [first]: [{ Status: 'Pending' }, { Status: 'InProgress', CommandPlugins: steps(['Prepare', 'Success'], ['Shadow', 'InProgress']) }, succeeded] };
  const outputs = script.outputs ?? { [first]: { Report: { stdout: JSON.stringify(aReport()) } } };
  const counts = new Map<string, number>();
  let looked = 0;
  let cancelled = false;
  return (call) => {
    const { operation, parameters } = call;
    const count = counts.get(operation) ?? 0;
    counts.set(operation, count + 1);
    const other = script.instead?.(call, count);
    if (other) return other;
    const answer = (body: object) => ({ body: JSON.stringify(body) });
    // Two pages, so that a reader of the first only is found out.
    const paged = (name: string, items: readonly object[]) => answer(parameters.NextToken ? { [name]: items.slice(1) } : { [name]: items.slice(0, 1), NextToken: 'more' });
    switch (operation) {
      case 'ListDocuments': return paged('DocumentIdentifiers', documents);
      case 'DescribeDocument': return answer({ Document: { Name: parameters.Name, Status: 'Active', DocumentVersion: '7', Hash: 'abc', HashType: 'Sha256', ...description } });
      case 'DescribeInstanceInformation': return paged('InstanceInformationList', instances);
      case 'SendCommand': return answer({ Command: { CommandId: command, Status: 'Pending' } });
      case 'CancelCommand': cancelled = true; return answer({});
      case 'ListCommandInvocations': {
        if (!parameters.NextToken) looked++;
        return paged('CommandInvocations', Object.entries(looks).map(([InstanceId, each]) => ({
          InstanceId, CommandId: command, ...(cancelled ? { Status: 'Cancelled', StatusDetails: 'Cancelled' } : each[Math.min(looked, each.length) - 1]),
        })));
      }
      case 'GetCommandInvocation': {
        const { stdout = '', stderr = '' } = outputs[parameters.InstanceId as string]?.[parameters.PluginName as string] ?? {};
        return answer({ StandardOutputContent: stdout, StandardErrorContent: stderr });
      }
      default: {
        const object = script.objects?.[operation.replace(/^GET /, '')];
        return object ?? errorXml(404, 'NoSuchKey', 'The specified key does not exist.');
      }
    }
  };
}

export interface Diagnosed extends Outcome {
  readonly calls: readonly Call[];
}

export async function diagnose(script: ScriptedSsm, ...args: string[]): Promise<Diagnosed> {
  return operate(script, 'diagnose', ...args);
}

/** Any command of the operator's. */
export async function operate(script: ScriptedSsm, ...args: string[]): Promise<Diagnosed> {
  const aws = await StandInAws.start(scriptedSsm(script));
  try {
    const outcome = await runCli(args, { ...credentials(aws.endpoint), AWS_MAX_ATTEMPTS: '2' });
    return { ...outcome, calls: aws.calls };
  } finally {
    await aws.stop();
  }
}

/** What the command, in this process, cannot tell. */
export async function refused(script: ScriptedSsm, ...args: string[]): Promise<string> {
  const aws = await StandInAws.start(scriptedSsm(script));
  const before = process.env;
  const quiet = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  process.env = { ...before, ...credentials(aws.endpoint), AWS_MAX_ATTEMPTS: '2' };
  try {
    await diagnoseCommand(() => {}).exitOverride().parseAsync(args, { from: 'user' });
    throw new Error('nothing was refused');
  } catch (error) {
    if (!(error instanceof CannotTell)) throw error;
    return error.message;
  } finally {
    process.env = before;
    quiet.mockRestore();
    await aws.stop();
  }
}
