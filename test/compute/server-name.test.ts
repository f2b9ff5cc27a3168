import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PrivateHostedZone } from 'aws-cdk-lib/aws-route53';
import { ModelSource, TensorFlowServer } from '../../lib';
import { newApp } from '../support/feature-flags';
import { savedModel } from '../support/saved-models';
import { importedVpc, stackWithServer } from '../support/servers';
import { userDataExports } from '../support/user-data';

function serverWithName(recordName?: string): { template: () => Template; server: TensorFlowServer } {
  const stack = new Stack(newApp(), 'Stack');
  const vpc = importedVpc(stack);
  const privateZone = new PrivateHostedZone(stack, 'Zone', { vpc, zoneName: 'inference.internal' });
  const server = new TensorFlowServer(stack, 'Server', { vpc, model: ModelSource.fromAsset(savedModel()), privateZone, recordName });
  return { template: () => Template.fromStack(stack), server };
}

describe('a server with a private zone', () => {
  const { template: make, server } = serverWithName('tones');
  const template = make();

  test('answers under its name there', () => {
    expect(server.endpoint.hostName).toBe('tones.inference.internal');
    expect(server.endpoint.predictUrl()).toBe('http://tones.inference.internal:8501/v1/models/model:predict');
    expect(server.endpoint.url('localhost')).toBe('http://localhost:8501/v1/models/model');
  });

  test('tells the boot the zone and the name', () => {
    expect(userDataExports(template)).toMatchObject({ GTF_DNS_ZONE: expect.stringMatching(/Zone/), GTF_DNS_NAME: 'tones.inference.internal' });
  });

  test('may move that one record, and no other', () => {
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const change = statements.filter(({ Action }) => Action === 'route53:ChangeResourceRecordSets');
    expect(change).toHaveLength(1);
    expect(JSON.stringify(change[0].Resource)).toContain('Zone');
    expect(change[0].Condition).toEqual({
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['tones.inference.internal'],
        'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
        'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
      },
    });
  });
});

test('the name is "server" unless another is given', () => {
  expect(serverWithName().server.endpoint.hostName).toBe('server.inference.internal');
});

test.each(['', 'a.b', 'Tones', '-a', 'a_b', 'a'.repeat(64)])('a name that is none is refused: %j', (name) => {
  expect(() => serverWithName(name)).toThrow(`recordName: got "${name}"; allowed are lower-case letters, digits and hyphens, beginning and ending with a letter or digit.`);
});

describe('a server without a private zone', () => {
  const { stack, server } = stackWithServer();

  test('has no right to Route 53', () => {
    expect(JSON.stringify(Template.fromStack(stack))).not.toContain('route53:');
  });

  test('has no URL of its own', () => {
    expect(() => server.endpoint.predictUrl()).toThrow('endpoint host: got none; allowed is a name or address, or give the server a privateZone to keep a name in.');
  });
});
