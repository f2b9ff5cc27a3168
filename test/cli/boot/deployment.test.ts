import { CloudFormationClient, DescribeStackEventsCommand, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { describeDeployment } from '../../../cli/boot/deployment';

test('a log group that a rollback has left behind is still found', async () => {
  const cloudFormation = mockClient(CloudFormationClient);
  cloudFormation.on(DescribeStackEventsCommand).resolves({
    StackEvents: [{
      StackId: 'stack', EventId: '1', StackName: 'S', Timestamp: new Date(), LogicalResourceId: 'ServerLogGroup',
      PhysicalResourceId: 'S-ServerLogGroup-1', ResourceType: 'AWS::Logs::LogGroup', ResourceStatus: 'DELETE_SKIPPED',
    }],
  });
  cloudFormation.on(DescribeStackResourcesCommand).resolves({ StackResources: [] });
  expect((await describeDeployment(new CloudFormationClient({}), 'S', 'us-west-2')).logGroups).toEqual(['S-ServerLogGroup-1']);
});
