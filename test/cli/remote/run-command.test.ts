import { CancelCommandCommand, InvalidCommandId, ListCommandInvocationsCommand, SSMClient, SendCommandCommand } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { RunCommand } from '../../../cli/remote/run-command';
import { command, first } from '../diagnose/scripted-ssm';

const ssm = mockClient(SSMClient);
const never = new AbortController().signal;

beforeEach(() => {
  ssm.reset();
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: command } });
  ssm.on(CancelCommandCommand).resolves({});
});

const send = (deliverySeconds: number) => RunCommand.send(new SSMClient({ region: 'eu-west-1' }), {
  runbook: { name: 'Runbook', word: 'troubleshoot', version: '1' }, comment: 'graviton-tf diagnose', instances: { selection: { InstanceIds: [first] }, able: [first], unable: new Map() }, parameters: {}, deliverySeconds,
});

test('an instance that the service never sends to is not waited for beyond the delivery', async () => {
  ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [] });
  expect(await (await send(1)).watch(() => {}, never)).toEqual([]);
});

test('a command that is not known everywhere yet is looked for again', async () => {
  const unknown = new InvalidCommandId({ message: '', $metadata: {} });
  ssm.on(ListCommandInvocationsCommand).rejectsOnce(unknown).resolves({ CommandInvocations: [{ InstanceId: first, Status: 'Success' }] });
  expect(await (await send(30)).watch(() => {}, never)).toEqual([{ InstanceId: first, Status: 'Success' }]);
});

test('without a results bucket or a hash none is named', async () => {
  await send(30);
  expect(ssm.commandCalls(SendCommandCommand)[0].args[0].input).toEqual({
    DocumentName: 'Runbook', DocumentVersion: '1', InstanceIds: [first], Parameters: {}, TimeoutSeconds: 30, MaxErrors: '100%', Comment: 'graviton-tf diagnose',
  });
});

test('a cancelled command is waited for, but not for long', async () => {
  ssm.on(ListCommandInvocationsCommand).resolvesOnce({ CommandInvocations: [] }).resolvesOnce({ CommandInvocations: [{ InstanceId: first, Status: 'Cancelling' }] })
    .resolves({ CommandInvocations: [{ InstanceId: first, Status: 'Cancelled' }] });
  expect(await (await send(30)).cancel(5000)).toBe(true);
  expect(ssm.commandCalls(ListCommandInvocationsCommand)).toHaveLength(3);
  ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [{ InstanceId: first, Status: 'InProgress' }] });
  expect(await (await send(30)).cancel(10)).toBe(false);
});
