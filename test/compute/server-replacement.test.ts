import { AssetStaging, CfnOutput, Duration, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { GravitonInstanceType, GravitonMachineImage, ModelSource, TensorFlowRuntime, TensorFlowServer, type TensorFlowServerProps } from '../../lib';
import { ALL_FEATURE_FLAGS, describeWithFlags, newApp } from '../support/feature-flags';
import { folderWith, savedModel, WHOLE_VERSION } from '../support/saved-models';
import { importedVpc } from '../support/servers';

/** What CloudFormation compares to decide whether the group's instance is replaced. */
function instanceOf(template: Template): unknown {
  const [launchTemplate] = Object.entries(template.findResources('AWS::EC2::LaunchTemplate')).filter(([id]) => id.startsWith('Server'));
  const [group] = Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup')).filter(([id]) => id.startsWith('Server'));
  const { LaunchTemplate, VPCZoneIdentifier } = group[1].Properties;
  return { ids: [launchTemplate[0], group[0]], data: launchTemplate[1].Properties.LaunchTemplateData, LaunchTemplate, VPCZoneIdentifier };
}

const model = ModelSource.fromAsset(savedModel());
const bucket = (prefix: string, pollInterval?: Duration) => ModelSource.fromBucketName('our-models', prefix, { pollInterval });

type Change = (server: TensorFlowServer, stack: Stack) => void;
const none: Change = () => {};

describeWithFlags('the instance', (makeApp) => {
  function built(props: Partial<TensorFlowServerProps>, change = none): unknown {
    const stack = new Stack(makeApp(), 'Stack');
    change(new TensorFlowServer(stack, 'Server', { vpc: importedVpc(stack), model, ...props }), stack);
    return instanceOf(Template.fromStack(stack));
  }
  const before = built({});
  const beforeWithBucket = built({ model: bucket('resnet') });

  test('is the same when nothing changed, from one synthesis to the next', () => {
    AssetStaging.clearAssetHashCache();
    expect(built({})).toEqual(before);
  });

  describe('is replaced by a changed', () => {
    test.each<[string, Partial<TensorFlowServerProps>]>([
      ['runtime version', { runtime: TensorFlowRuntime.deepLearningContainer({ version: '2.16.1' }) }],
      ['runtime digest', { runtime: TensorFlowRuntime.deepLearningContainer({ digest: `sha256:${'0'.repeat(64)}` }) }],
      ['kind of runtime', { runtime: TensorFlowRuntime.wheel() }],
      ['serving option', { serving: { restApiThreads: 64 } }],
      ['serving environment', { serving: { environment: { TF_CPP_MIN_LOG_LEVEL: '1' } } }],
      ['instance type', { instanceType: GravitonInstanceType.of('c7g.2xlarge') }],
      ['kind of image', { machineImage: GravitonMachineImage.ubuntu2404() }],
      ['pinned image', { machineImage: GravitonMachineImage.amazonLinux2023().pinned('ami-0123456789abcdef0') }],
      ['model directory', { model: ModelSource.fromAsset(folderWith([...WHOLE_VERSION, '2/saved_model.pb'])) }],
      ['source of the model', { model: bucket('resnet') }],
      ['model name', { modelName: 'resnet' }],
      ['volume size', { volumeSize: 40 }],
      ['volume throughput', { volumeThroughput: 500 }],
      ['boot timeout', { bootTimeout: Duration.minutes(20) }],
      ['choice of subnets', { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }],
    ])('%s', (_, props) => {
      expect(built(props)).not.toEqual(before);
    });

    test('bucket prefix or poll interval', () => {
      expect(built({ model: bucket('bert') })).not.toEqual(beforeWithBucket);
      expect(built({ model: bucket('resnet', Duration.minutes(5)) })).not.toEqual(beforeWithBucket);
    });

    test('tag, which instances carry too', () => {
      expect(built({}, (_, stack) => Tags.of(stack).add('team', 'ml'))).not.toEqual(before);
    });
  });

  describe('stays through', () => {
    test.each<[string, Partial<TensorFlowServerProps>, Change]>([
      ['another log retention', { logRetention: logs.RetentionDays.ONE_YEAR }, none],
      ['an opened port', {}, (server) => server.connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.0.0.0/16'))],
      ['a grant', {}, (server, stack) => s3.Bucket.fromBucketName(stack, 'Features', 'our-features').grantRead(server)],
      ['an output', {}, (server, stack) => new CfnOutput(stack, 'Url', { value: server.endpoint.url('localhost') })],
      ['a second server', {}, (_, stack) => new TensorFlowServer(stack, 'Another', { vpc: importedVpc(stack, 'Vpc2'), model, modelName: 'second' })],
      ['defaults that are spelled out', {
        runtime: TensorFlowRuntime.deepLearningContainer({ version: '2.14.1' }), instanceType: GravitonInstanceType.of('c7g.xlarge'), modelName: 'model',
        machineImage: GravitonMachineImage.amazonLinux2023(), volumeSize: 30, volumeThroughput: 250, bootTimeout: Duration.minutes(15), serving: { processes: 1, restPort: 8501 },
      }, none],
    ])('%s', (_, props, change) => {
      expect(built(props, change)).toEqual(before);
    });

    test('new versions in the bucket, of which the template knows nothing', () => {
      expect(JSON.stringify(beforeWithBucket)).not.toMatch(/GTF_MODEL_(KEY|SHA256)/);
    });
  });

  describe('and a new AMI from AWS', () => {
    /** What CloudFormation puts for the image at a deployment, of which only a parameter can differ between two. */
    function imageParameters(machineImage?: GravitonMachineImage): string[] {
      const stack = new Stack(makeApp(), 'Stack');
      new TensorFlowServer(stack, 'Server', { vpc: importedVpc(stack), model, machineImage });
      const template = Template.fromStack(stack);
      return Object.values(template.findParameters('*')).map(({ Type }) => Type as string).filter((type) => type.includes('AWS::EC2::Image::Id'));
    }

    test('replace nothing by default, nor when it is pinned: no parameter is read at deployment', () => {
      expect(imageParameters()).toEqual([]);
      expect(imageParameters(GravitonMachineImage.amazonLinux2023().pinned('ami-0123456789abcdef0'))).toEqual([]);
    });

    test('replace it at the next deployment where that was asked for', () => {
      expect(imageParameters(GravitonMachineImage.amazonLinux2023().followLatest())).toEqual(['AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>']);
    });
  });
});

test('switching the feature flags on does not replace it', () => {
  const [without, withAll] = [{}, ALL_FEATURE_FLAGS].map((flags) => {
    const stack = new Stack(newApp(flags), 'Stack');
    new TensorFlowServer(stack, 'Server', { vpc: importedVpc(stack), model });
    return instanceOf(Template.fromStack(stack));
  });

  expect(withAll).toEqual(without);
});
