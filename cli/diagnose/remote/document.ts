import { DescribeDocumentCommand, type DocumentIdentifier, type DocumentKeyValuesFilter, type SSMClient, paginateListDocuments } from '@aws-sdk/client-ssm';
import { RESULTS_TAG, RUNBOOK_TAG, STACK_TAG, TROUBLESHOOT } from '../../../lib/runbooks/troubleshoot-names';
import { CannotTell } from '../../cannot-tell';
import type { DiagnoseOptions } from '../options';

/** The runbook as this account has it; version and hash are pinned so that what was looked at is what runs. */
export interface Runbook {
  readonly name: string;
  readonly version: string;
  readonly hash?: string;
  /** The bucket that keeps whole reports. */
  readonly bucket?: string;
}

const tag = { runbook: RUNBOOK_TAG, stack: STACK_TAG, results: RESULTS_TAG };

export async function findRunbook(client: SSMClient, options: DiagnoseOptions, region: string): Promise<Runbook> {
  const found = await listed(client, options, region);
  const name = found?.Name ?? options.document as string;
  const { Document } = await client.send(new DescribeDocumentCommand({ Name: name }));
  if (Document?.Status && Document.Status !== 'Active') {
    throw new CannotTell(`The document ${name} is ${Document.Status} (${Document.StatusInformation ?? 'no reason given'}): deploy the stack again.`);
  }
  const tags = found?.Tags?.length ? found.Tags : Document?.Tags ?? [];
  return {
    name,
    version: Document?.DocumentVersion ?? '$DEFAULT',
    hash: Document?.HashType === 'Sha256' ? Document.Hash : undefined,
    bucket: tags.find(({ Key }) => Key === tag.results)?.Value,
  };
}

async function listed(client: SSMClient, { stack, document }: DiagnoseOptions, region: string): Promise<DocumentIdentifier | undefined> {
  const filters: DocumentKeyValuesFilter[] = [{ Key: 'Owner', Values: ['Self'] }];
  if (document !== undefined) {
    filters.push({ Key: 'Name', Values: [document] });
  } else {
    filters.push({ Key: `tag:${tag.runbook}`, Values: [TROUBLESHOOT] });
    if (stack !== undefined) filters.push({ Key: `tag:${tag.stack}`, Values: [stack] });
  }
  const documents: DocumentIdentifier[] = [];
  for await (const page of paginateListDocuments({ client }, { Filters: filters })) documents.push(...page.DocumentIdentifiers ?? []);
  // Another account's document is not listed, and can be described by its ARN. The Name filter takes prefixes.
  if (document !== undefined) return documents.find(({ Name }) => Name === document);
  if (documents.length === 1) return documents[0];
  const names = documents.map(({ Name }) => Name).join(', ');
  if (documents.length) throw new CannotTell(`There are ${documents.length} troubleshooting runbooks in ${region} (${names}): choose one with --document.`);
  throw new CannotTell(stack !== undefined
    ? `No troubleshooting runbook of stack ${stack} is in ${region}: check --stack and --region, deploy the stack with this version, or name a runbook with --document.`
    : `No troubleshooting runbook is in ${region}: check --region, deploy a stack with a TroubleshootRunbook, or name a document with --document.`);
}
