import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type CommandInvocation, GetCommandInvocationCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { resultsPrefix } from '../../lib/runbooks/runbook-names';
import type { AnyReport, Result } from '../result';
import type { Runbook } from './document';
import { failureOf, failureOfStep, hasFailed } from './failure';
import type { RunbookKind } from './kind';

const steps = { inline: 'Report', whole: 'FullReport' };

export interface Surroundings<Report extends AnyReport> {
  readonly kind: RunbookKind<Report>;
  readonly client: SSMClient;
  readonly region: string;
  readonly runbook: Runbook;
  readonly command: string;
}

/** What an instance's invocation brought: its report, or why there is none. */
export async function outcomeOf<Report extends AnyReport>(around: Surroundings<Report>, invocation: CommandInvocation): Promise<Result<Report>> {
  const { client, kind, command } = around;
  const subject = invocation.InstanceId as string;
  const plugins = invocation.CommandPlugins ?? [];
  if (plugins.find(({ Name }) => Name === steps.inline)?.Status !== 'Success') {
    const reason = invocation.Status === 'Success'
      ? `The document ${around.runbook.name} ended well on ${subject} without a step ${steps.inline}: it is no ${kind.name}, so check --document.`
      : await failureOf(client, kind, command, invocation);
    return { subject, reason };
  }
  const notes = await Promise.all(plugins.filter(hasFailed).map(async (step) => failureOfStep(client, kind, command, subject, step)));
  const { StandardOutputContent = '' } = await client.send(new GetCommandInvocationCommand({ CommandId: command, InstanceId: subject, PluginName: steps.inline }));
  const text = StandardOutputContent.trim();
  const report = kind.parse(text);
  const omitted = typeof report === 'string' ? undefined : kind.omitted(report);
  if (typeof report !== 'string' && omitted === undefined) return { subject, report, text, notes };
  // After a step with `onFailure: exit` the others are skipped, which may be told as success.
  if (!text && plugins.some(hasFailed)) return { subject, reason: await failureOf(client, kind, command, invocation) };
  const whole = await wholeReport(around, subject);
  if (whole.report) return { subject, ...whole, notes };
  if (typeof report === 'string') return { subject, reason: `The report of ${subject} cannot be used: ${report}; nor can the whole one (${whole.reason}). Deploy the stack again with this version.` };
  return { subject, report, text, notes: [...notes, `${omitted} left out, since the whole report could not be read: ${whole.reason}.`] };
}

/** The whole report, which only the results bucket holds. */
async function wholeReport<Report extends AnyReport>({ kind, region, runbook, command }: Surroundings<Report>, instance: string): Promise<{ report?: Report; text?: string; reason?: string }> {
  if (!runbook.bucket) return { reason: 'the document has no tag that names a results bucket' };
  const key = `${resultsPrefix(runbook.word)}/${command}/${instance}/awsrunShellScript/${steps.whole}/stdout`;
  // An endpoint of one's own seldom has a name for every bucket.
  const s3 = new S3Client({ region, forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL ?? process.env.AWS_ENDPOINT_URL_S3) });
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: runbook.bucket, Key: key }));
    const text = (await Body?.transformToString() ?? '').trim();
    const report = kind.parse(text);
    return typeof report === 'string' ? { reason: `${report} in s3://${runbook.bucket}/${key}` } : { report, text };
  } catch (error) {
    return { reason: refusal(error as Error, `s3://${runbook.bucket}/${key}`) };
  }
}

function refusal({ name, message }: Error, place: string): string {
  const denied = /AccessDenied|Forbidden/.test(name);
  // Whoever may not list keys is not told that there is none.
  if (/NoSuchKey|NotFound/.test(name) || (denied && message.includes('s3:ListBucket'))) return `the agent did not upload ${place} (its role needs s3:PutObject and s3:PutObjectAcl there)`;
  if (/NoSuchBucket/.test(name)) return `there is no such bucket for ${place}`;
  if (denied && message.includes('s3:GetObject')) return `these credentials may not call s3:GetObject on ${place}`;
  if (denied) return `these credentials may not call s3:GetObject on ${place}, or the agent did not upload it (its role needs s3:PutObject and s3:PutObjectAcl there)`;
  return `${name} at ${place}: ${message}`;
}
