import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { GravitonRules } from '../../lib';

type Case = [name: string, build: (stack: Stack) => void, broken: string[]];

/** Which of the library's rules each case breaks. One synthesis for all: starting the rule engine takes seconds. */
function brokenRules(cases: Case[]): string[][] {
  const outdir = mkdtempSync(path.join(tmpdir(), 'graviton-rules-'));
  const printed = jest.spyOn(console, 'error').mockReturnValue();
  try {
    const app = new App({ outdir, analyticsReporting: false });
    cases.forEach(([, build], index) => build(new Stack(app, `Case${index}`)));
    Validations.of(app).addPlugins(GravitonRules.plugin());
    app.synth();
    const { pluginReports } = JSON.parse(readFileSync(path.join(outdir, 'validation-report.json'), 'utf8'));
    const findings = pluginReports.flatMap((report: { violations: unknown[] }) => report.violations).map((violation: unknown) => JSON.stringify(violation));
    return cases.map((_, index) => {
      const own = findings.filter((finding: string) => finding.includes(`Case${index}/`)).join();
      return [...new Set<string>(own.match(/GRAVITON_\w+/g) ?? [])].sort();
    });
  } finally {
    printed.mockRestore();
    rmSync(outdir, { recursive: true });
    process.exitCode = 0;
  }
}

const SOUND: ec2.CfnLaunchTemplate.LaunchTemplateDataProperty = {
  instanceType: 'c7g.xlarge',
  imageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64',
  metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
  tagSpecifications: [{ resourceType: 'instance', tags: [{ key: 'graviton-tensorflow:kernel', value: '6.1' }] }],
};

function launchTemplate(changes: Partial<ec2.CfnLaunchTemplate.LaunchTemplateDataProperty>) {
  return (stack: Stack) => void new ec2.CfnLaunchTemplate(stack, 'Template', { launchTemplateData: { ...SOUND, ...changes } });
}

function kernelTag(value: string) {
  return launchTemplate({ tagSpecifications: [{ resourceType: 'instance', tags: [{ key: 'graviton-tensorflow:kernel', value }] }] });
}

function securityGroup(ingress: ec2.CfnSecurityGroup.IngressProperty) {
  return (stack: Stack) => void new ec2.CfnSecurityGroup(stack, 'Group', { groupDescription: 'test', vpcId: 'vpc-12345678', securityGroupIngress: [ingress] });
}

describe('the library\'s own Guard rules', () => {
  const cases: Case[] = [
    ['a sound launch template', launchTemplate({}), []],
    ['IMDSv1', launchTemplate({ metadataOptions: { httpTokens: 'optional', httpPutResponseHopLimit: 1 } }), ['GRAVITON_IMDSV2']],
    ['two hops', launchTemplate({ metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 2 } }), ['GRAVITON_IMDSV2']],
    ['no metadata options', launchTemplate({ metadataOptions: undefined }), ['GRAVITON_IMDSV2']],
    ['x86', launchTemplate({ instanceType: 'c7i.xlarge' }), ['GRAVITON_ARM64']],
    ['x86 with a g in another place', launchTemplate({ instanceType: 'g4dn.xlarge' }), ['GRAVITON_ARM64']],
    ['an odd arm64 family', launchTemplate({ instanceType: 'im4gn.xlarge' }), []],
    ['kernel 5.4', kernelTag('5.4'), ['GRAVITON_KERNEL_FLOOR']],
    ['kernel 4.14', kernelTag('4.14'), ['GRAVITON_KERNEL_FLOOR']],
    ['kernel 5.10', kernelTag('5.10'), []],
    ['kernel 6.12', kernelTag('6.12'), []],
    ['an unknown kernel', launchTemplate({ tagSpecifications: undefined }), ['GRAVITON_KERNEL_FLOOR']],
    ['ingress from anywhere', securityGroup({ ipProtocol: 'tcp', fromPort: 8501, toPort: 8501, cidrIp: '0.0.0.0/0' }), ['GRAVITON_NO_PUBLIC_INGRESS']],
    ['ingress from anywhere by IPv6', securityGroup({ ipProtocol: 'tcp', fromPort: 8501, toPort: 8501, cidrIpv6: '::/0' }), ['GRAVITON_NO_PUBLIC_INGRESS']],
    ['ingress from a peer', securityGroup({ ipProtocol: 'tcp', fromPort: 8501, toPort: 8501, cidrIp: '10.0.0.0/16' }), []],
    ['a separate rule from anywhere', (stack) => void new ec2.CfnSecurityGroupIngress(stack, 'Ingress', { ipProtocol: 'tcp', fromPort: 1, toPort: 2, groupId: 'sg-12345678', cidrIp: '0.0.0.0/0' }), ['GRAVITON_NO_PUBLIC_INGRESS']],
  ];
  const broken = brokenRules(cases);

  test.each(cases.map(([name, , expected], index) => ({ name, expected, got: broken[index] })))('$name', ({ expected, got }) => {
    expect(got).toEqual(expected);
  });
});
