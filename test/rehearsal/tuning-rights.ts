import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetDocumentCommand, SSMClient, SendCommandCommand } from '@aws-sdk/client-ssm';
import type { Benchmark } from '../../cli/reports/benchmark';
import type { Optimization } from '../../cli/reports/optimization';
import type { ServerRunbookName } from '../../lib/runbooks/runbook-names';
import type { EmbeddedAws } from '../../rehearsal/embedded-aws';
import { startCli } from '../cli/run-cli';
import type { Right } from '../support/role-statements';
import { DeployedRole, type Statement } from './deployed-role';
import { type Operator, needed, without } from './operator';

/** What is deployed, once it is. */
export interface Deployed {
  readonly aws: EmbeddedAws;
  readonly stack: string;
  readonly instance: string;
  readonly otherInstance: string;
  readonly bucket: string;
  readonly documents: Readonly<Record<ServerRunbookName, string>>;
  readonly rights: Readonly<Record<ServerRunbookName, readonly Right[]>>;
  readonly operator: Operator;
  /** A model on the instance, and how many entries of the reports about it only the results bucket holds whole. */
  readonly model: string;
  readonly entries: number;
  /** The states of all commands, the newest first. */
  readonly commands: () => Promise<string[]>;
  readonly newestCommand: () => Promise<string>;
}

const all: readonly ServerRunbookName[] = ['troubleshoot', 'optimize', 'right-size', 'mlperf'];

/** How the command line runs each of them. */
const commandLines: Readonly<Record<string, readonly string[]>> = {
  'optimize': ['optimize', '--parameter', 'TensorFlowVersion=2.18.0'],
  'right-size': ['benchmark', '--path', 'in-process', '--parameter', 'TensorFlowVersion=2.18.0'],
  // Refused by the instance, before MLPerf's harness would be fetched and built.
  'mlperf': ['benchmark', '--workload', 'resnet50', '--parameter', 'Model=http://models.example.com/resnet50.pb'],
};

/** Proves that the runbooks beside troubleshooting's need each of their rights, and have no other ones. */
export function describeTuningRights(deployed: () => Deployed): void {
  async function run(word: string, granted: readonly Right[], ...more: string[]) {
    const { stack, operator } = deployed();
    await operator.may(granted);
    const { code, stdout, stderr } = await startCli([...commandLines[word], '--stack', stack, '--json', ...more], operator.environment).ended;
    return { code, stderr, report: JSON.parse(stdout) as (Optimization | Benchmark) & { reason?: string } };
  }
  const onModel = () => ['--remote-model', deployed().model];
  const s3 = (client: EmbeddedAws['client']) => new S3Client({ ...client, forcePathStyle: true });
  const read = async (client: EmbeddedAws['client'], Key: string) => s3(client).send(new GetObjectCommand({ Bucket: deployed().bucket, Key }));
  const send = async (client: EmbeddedAws['client'], DocumentName: string, ...InstanceIds: string[]) =>
    // Too short, which is looked at after the rights: the administrator's is not to run either.
    new SSMClient(client).send(new SendCommandCommand({ DocumentName, InstanceIds, TimeoutSeconds: 1 }));
  const hindrance = async (call: Promise<unknown>) => call.then(() => 'none', ({ name }: Error) => name);

  describe.each<ServerRunbookName>(['optimize', 'right-size', 'mlperf'])('with what grants.run() of %s gives, the operator', (word) => {
    const others = all.filter((other) => other !== word);
    beforeAll(async () => {
      const { aws, bucket } = deployed();
      for (const each of all) await s3(aws.client).send(new PutObjectCommand({ Bucket: bucket, Key: `${each}/result`, Body: '{}' }));
    });
    beforeEach(async () => deployed().operator.may(deployed().rights[word]));

    test('has the troubleshooting runbook\'s rights, on another document and another prefix', () => {
      const { rights, documents } = deployed();
      const anonymous = (of: ServerRunbookName) => rights[of].map((right) => JSON.stringify(right).replace(documents[of], 'DOCUMENT').replace(`/${of}/*`, '/PREFIX/*')).sort();
      expect(anonymous(word)).toEqual(anonymous('troubleshoot'));
      expect(new Set(Object.values(documents)).size).toBe(all.length);
    });

    test('may send it to the stack\'s instances alone, and no other document', async () => {
      const { aws, operator, documents, instance, otherInstance } = deployed();
      expect(await hindrance(send(operator.client, documents[word], instance))).not.toMatch(/AccessDenied/);
      const calls = [[documents[word], otherInstance], [documents[word], instance, otherInstance], ...[...others.map((other) => documents[other]), 'AWS-RunShellScript'].map((name) => [name, instance])] as const;
      for (const [document, ...instances] of calls) {
        expect(await hindrance(send(operator.client, document, ...instances))).toMatch(/^AccessDenied/);
        expect(await hindrance(send(aws.client, document, ...instances))).not.toMatch(/AccessDenied/);
      }
    });

    test('may read its results, no other runbook\'s, and change none', async () => {
      const { operator, bucket } = deployed();
      expect(await hindrance(read(operator.client, `${word}/result`))).toBe('none');
      for (const other of others) expect(await hindrance(read(operator.client, `${other}/result`))).toBe('AccessDenied');
      expect(await hindrance(s3(operator.client).send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${word}/` })))).toBe('AccessDenied');
      expect(await hindrance(s3(operator.client).send(new PutObjectCommand({ Bucket: bucket, Key: `${word}/result`, Body: 'x' })))).toBe('AccessDenied');
      await operator.may(without(deployed().rights[word], 's3:GetObject on objects'));
      expect(await hindrance(read(operator.client, `${word}/result`))).toBe('AccessDenied');
    });

    // The others name nothing of the runbook, and the same code needs them: once for all is enough.
    test.each(needed.filter(([right, , became]) => became === 'not sent' && (word === 'optimize' || right.endsWith(' on document'))))('without %s is told in one sentence', async (right, sentence) => {
      const before = (await deployed().commands()).length;
      const { code, stderr, report } = await run(word, without(deployed().rights[word], right));
      expect({ code, report }).toEqual({ code: 2, report: { schemaVersion: 1, exitCode: 2, reason: expect.stringMatching(sentence) } });
      expect(report.reason).toMatch(/^[^\n]+: allow it for this user or role, [^\n.]+\.$/);
      expect(stderr).toContain(`✖ ${report.reason}`);
      expect(await deployed().commands()).toHaveLength(before);
    });
  });

  describe('the operator of each runbook gets', () => {
    test('the whole optimization report, and the copy of what was published', async () => {
      const { operator, rights, entries, bucket } = deployed();
      const { code, stderr, report } = await run('optimize', rights.optimize, ...onModel());
      const { before, published, omitted } = report as Optimization & { published: { archive: string } };
      expect({ code, omitted, kernels: before?.kernels.length, stderr }).toMatchObject({ code: 0, omitted: 0, kernels: entries, stderr: expect.not.stringMatching(/left out|✖/) });
      expect(published.archive).toMatch(new RegExp(`^s3://${bucket}/optimize/[^/]+/${deployed().instance}/model\\.tar\\.gz$`));
      expect((await (await read(operator.client, published.archive.slice(`s3://${bucket}/`.length))).Body?.transformToByteArray())?.length).toBeGreaterThan(0);
    });

    test('the whole benchmark', async () => {
      const { code, stderr, report } = await run('right-size', deployed().rights['right-size'], ...onModel());
      expect({ code, omitted: report.omitted, points: (report as Benchmark).scenarios[0].overTime.length }).toEqual({ code: 0, omitted: 0, points: 4 * deployed().entries });
      expect(stderr).not.toMatch(/left out|✖/);
    });

    test('MLPerf\'s refusal by the instance', async () => {
      const { code, report } = await run('mlperf', deployed().rights.mlperf);
      expect({ code, reason: report.reason }).toEqual({ code: 2, reason: expect.stringMatching(/^Step Check failed on \S+: Model: got http:\/\/models\.example\.com\/resnet50\.pb, which anyone on the way can change/) });
    });

    test.each(needed.filter(([, , became]) => became !== 'not sent'))('nothing without %s, and is told so', async (right, sentence, became) => {
      const { code, report } = await run('optimize', without(deployed().rights.optimize, right), '--remote-model', '/nonexistent');
      expect({ code, reason: report.reason }).toEqual({ code: 2, reason: expect.stringMatching(sentence) });
      // As many instances may fail as there are: the command has not, though Collect finds no model.
      expect(await deployed().newestCommand()).toBe(became === 'runs' ? 'Success' : became);
    });
  });

  describe('the instance', () => {
    const { aws, stack, instance } = { aws: () => deployed().aws, stack: () => deployed().stack, instance: () => deployed().instance };
    const role = async () => DeployedRole.read(aws(), stack());

    /** What a document carries, as its first step names it. */
    async function carried(word: ServerRunbookName): Promise<string | undefined> {
      const { Content = '' } = await new SSMClient(aws().client).send(new GetDocumentCommand({ Name: deployed().documents[word] }));
      return /CARRIED='s3:\/\/([^']+)'/.exec(Content)?.[1];
    }

    /** What each call of the role on S3 comes to. */
    async function tried(granted: DeployedRole, keys: readonly string[], call: 'get' | 'put'): Promise<string[]> {
      const client = await granted.s3(aws(), instance());
      const Bucket = deployed().bucket;
      return Promise.all(keys.map(async (Key) => hindrance(call === 'get'
        ? client.send(new GetObjectCommand({ Bucket, Key })) : client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ACL: 'bucket-owner-full-control' })))));
    }

    test('writes each runbook\'s results as the agent does, reads none, and writes nothing beside them', async () => {
      const granted = await role();
      const keys = all.map((word) => `${word}/result`);
      expect(await tried(granted, keys, 'put')).toEqual(keys.map(() => 'none'));
      expect(await tried(granted, keys, 'get')).toEqual(keys.map(() => 'AccessDenied'));
      expect(await tried(granted, ['result', 'optimized/result', 'elsewhere/result'], 'put')).toEqual(Array(3).fill('AccessDenied'));
      expect(await granted.restrictedTo(granted.without('s3:PutObjectAcl'), async () => tried(granted, keys, 'put'))).toEqual(keys.map(() => 'AccessDenied'));
    });

    test.each<ServerRunbookName>(['optimize', 'right-size'])('fetches what the document of %s carries by a right to that one object, and else says so', async (word) => {
      const object = await carried(word) as string;
      const granted = await role();
      const { code, report } = await granted.restrictedTo(granted.withoutResource(`arn:aws:s3:::${object}`), async () => run(word, deployed().rights[word], ...onModel()));
      expect({ code, reason: report.reason }).toEqual({ code: 2, reason: `Step Prepare failed on ${instance()}: cannot fetch s3://${object}: the instance's role needs s3:GetObject there (grants.runOn)` });
    });

    test('may fetch nothing for the documents that hold their files themselves', async () => {
      const { statements } = await role();
      const fetched = statements.flatMap(({ Resource }: Statement) => [Resource].flat()).filter((resource) => resource.endsWith('.zlib')).sort();
      expect(fetched).toEqual((await Promise.all([carried('optimize'), carried('right-size')])).map((object) => `arn:aws:s3:::${object}`).sort());
      expect(await Promise.all([carried('troubleshoot'), carried('mlperf')])).toEqual([undefined, undefined]);
    });

    test('without s3:PutObject keeps the only copy of what it published, and says both what is missing and what is left out', async () => {
      const granted = await role();
      const { code, stderr, report } = await granted.restrictedTo(granted.without('s3:PutObject'), async () => run('optimize', deployed().rights.optimize, ...onModel()));
      expect({ code, outcome: (report as Optimization).outcome }).toEqual({ code: 0, outcome: 'published' });
      expect(stderr).toMatch(/Step Upload failed on \S+: cannot upload s3:\/\/\S+\/model\.tar\.gz, for which the instance's role needs s3:PutObject \(grants\.runOn\): \S+\/srv\/model\/2 is the only copy/);
      expect(stderr).toMatch(/left out, .*: the agent did not upload s3:\/\/\S+\/FullReport\/stdout \(its role needs s3:PutObject and s3:PutObjectAcl there\)\./);
    });
  });
}
