import { DescribeDocumentCommand, type DocumentIdentifier, type DocumentKeyValuesFilter, type SSMClient, paginateListDocuments } from '@aws-sdk/client-ssm';
import { RESULTS_TAG, RUNBOOK_TAG, type RunbookName, STACK_TAG } from '../../lib/runbooks/runbook-names';
import { CannotTell } from '../cannot-tell';
import type { AnyReport } from '../result';
import type { RunbookKind } from './kind';
import type { SelectionOptions } from './selection';

/** The runbook as this account has it; version and hash are pinned so that what was looked at is what runs. */
export interface Runbook {
  readonly name: string;
  /** Its kind's word, which is also where in the bucket its outputs are. */
  readonly word: RunbookName;
  readonly version: string;
  readonly hash?: string;
  /** The bucket that keeps whole reports. */
  readonly bucket?: string;
}

type Kind = Pick<RunbookKind<AnyReport>, 'word' | 'name' | 'construct'>;

export async function findRunbook(client: SSMClient, kind: Kind, options: SelectionOptions, region: string): Promise<Runbook> {
  const found = await listed(client, kind, options, region);
  const name = found?.Name ?? options.document as string;
  const { Document } = await client.send(new DescribeDocumentCommand({ Name: name }));
  if (Document?.Status && Document.Status !== 'Active') {
    throw new CannotTell(`The document ${name} is ${Document.Status} (${Document.StatusInformation ?? 'no reason given'}): deploy the stack again.`);
  }
  const tags = found?.Tags?.length ? found.Tags : Document?.Tags ?? [];
  return {
    name,
    word: kind.word,
    version: Document?.DocumentVersion ?? '$DEFAULT',
    hash: Document?.HashType === 'Sha256' ? Document.Hash : undefined,
    bucket: tags.find(({ Key }) => Key === RESULTS_TAG)?.Value,
  };
}

async function listed(client: SSMClient, kind: Kind, { stack, document }: SelectionOptions, region: string): Promise<DocumentIdentifier | undefined> {
  const filters: DocumentKeyValuesFilter[] = [{ Key: 'Owner', Values: ['Self'] }];
  if (document !== undefined) {
    filters.push({ Key: 'Name', Values: [document] });
  } else {
    filters.push({ Key: `tag:${RUNBOOK_TAG}`, Values: [kind.word] });
    if (stack !== undefined) filters.push({ Key: `tag:${STACK_TAG}`, Values: [stack] });
  }
  const documents: DocumentIdentifier[] = [];
  for await (const page of paginateListDocuments({ client }, { Filters: filters })) documents.push(...page.DocumentIdentifiers ?? []);
  // Another account's document is not listed, and can be described by its ARN. The Name filter takes prefixes.
  if (document !== undefined) return documents.find(({ Name }) => Name === document);
  if (documents.length === 1) return documents[0];
  const names = documents.map(({ Name }) => Name).join(', ');
  if (documents.length) throw new CannotTell(`There are ${documents.length} ${kind.name}s in ${region} (${names}): choose one with --document.`);
  throw new CannotTell(stack !== undefined
    ? `No ${kind.name} of stack ${stack} is in ${region}: check --stack and --region, deploy the stack with this version, or name a runbook with --document.`
    : `No ${kind.name} is in ${region}: check --region, deploy a stack with ${withArticle(kind.construct)}, or name a document with --document.`);
}

function withArticle(name: string): string {
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}
