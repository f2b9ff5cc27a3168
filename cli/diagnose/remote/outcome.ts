import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type CommandInvocation, GetCommandInvocationCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { RESULTS_PREFIX } from '../../../lib/runbooks/troubleshoot-names';
import type { Result } from '../diagnosis';
import { type Report, parseReport } from '../report';
import type { Runbook } from './document';
import { failureOf, hasFailed } from './failure';

const steps = { inline: 'Report', whole: 'FullReport' };

export interface Surroundings {
  readonly client: SSMClient;
  readonly region: string;
  readonly runbook: Runbook;
  readonly command: string;
}

/** What an instance's invocation brought: its report, or why there is none. */
export async function outcomeOf(around: Surroundings, invocation: CommandInvocation): Promise<Result> {
  const { client, command } = around;
  const subject = invocation.InstanceId as string;
  const plugins = invocation.CommandPlugins ?? [];
  if (plugins.find(({ Name }) => Name === steps.inline)?.Status !== 'Success') {
    const reason = invocation.Status === 'Success'
      ? `The document ${around.runbook.name} ended well on ${subject} without a step ${steps.inline}: it is no troubleshooting runbook, so check --document.`
      : await failureOf(client, command, invocation);
    return { subject, reason };
  }
  const notes = plugins.filter(hasFailed).map(({ Name, Status }) => `Step ${Name} ended as ${Status}.`);
  const { StandardOutputContent = '' } = await client.send(new GetCommandInvocationCommand({ CommandId: command, InstanceId: subject, PluginName: steps.inline }));
  const text = StandardOutputContent.trim();
  const report = parseReport(text);
  if (typeof report !== 'string' && !report.kernelsOmitted) return { subject, report, text, notes };
  // After a step with `onFailure: exit` the others are skipped, which may be told as success.
  if (!text && plugins.some(hasFailed)) return { subject, reason: await failureOf(client, command, invocation) };
  const whole = await wholeReport(around, subject);
  if (whole.report) return { subject, ...whole, notes };
  if (typeof report === 'string') return { subject, reason: `The report of ${subject} cannot be used: ${report}; nor can the whole one (${whole.reason}). Deploy the stack again with this version.` };
  return { subject, report, text, notes: [...notes, `${report.kernelsOmitted} kernels are left out, since the whole report could not be read: ${whole.reason}.`] };
}

/** The whole report, which only the results bucket holds. */
async function wholeReport({ region, runbook, command }: Surroundings, instance: string): Promise<{ report?: Report; text?: string; reason?: string }> {
  if (!runbook.bucket) return { reason: 'the document has no tag that names a results bucket' };
  const key = `${RESULTS_PREFIX}/${command}/${instance}/awsrunShellScript/${steps.whole}/stdout`;
  // An endpoint of one's own seldom has a name for every bucket.
  const s3 = new S3Client({ region, forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL ?? process.env.AWS_ENDPOINT_URL_S3) });
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: runbook.bucket, Key: key }));
    const text = (await Body?.transformToString() ?? '').trim();
    const report = parseReport(text);
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
