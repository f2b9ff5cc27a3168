import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { App, AssetStaging, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { bindBootScripts } from '../../lib/userdata/scripts-asset';
import { treeChecksum } from '../../lib/userdata/tree-checksum';
import { newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { folderWith } from '../support/saved-models';
import { withTypicalValues } from '../support/typical-values';

const CHECKS = ['troubleshoot/analyze.py', 'troubleshoot/collect.py', 'troubleshoot/recommend.sh'];
const SOURCE = path.join(__dirname, '..', '..', 'userdata');

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(path.join(folder, name)).isFile()).sort();
}

describe('the boot scripts travel as an asset', () => {
  const app = newApp();
  const stack = new Stack(app, 'Stack');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const resolved = stack.resolve(bindBootScripts(stack, role));
  const template = Template.fromStack(stack);
  const environment: { [name: string]: string } = withTypicalValues(template, resolved);
  const staged = path.join(app.outdir, readdirSync(app.outdir).find((name) => name === `asset.${path.basename(environment.GTF_SCRIPTS_KEY, '.zip')}`)!);

  test('that is read by its key, and may be read by that alone', () => {
    expect(environment).toEqual({
      GTF_SCRIPTS_BUCKET: 'cdk-hnb659fds-assets-111122223333-us-west-2', GTF_SCRIPTS_KEY: expect.stringMatching(/^[0-9a-f]{64}\.zip$/), GTF_SCRIPTS_SHA256: treeChecksum(staged),
    });
    expect(rightsOf(template)).toEqual([['s3:GetObject', `arn:aws:s3:::${environment.GTF_SCRIPTS_BUCKET}/${environment.GTF_SCRIPTS_KEY}`]]);
  });

  test('that holds everything that a boot uses, and nothing else', () => {
    const source = filesBelow(SOURCE).filter((name) => !/(^|\/)(__pycache__|\.)|\.md$|\.in$/.test(name));

    expect(source.length).toBeGreaterThan(20);
    expect(filesBelow(staged)).toEqual([...source, ...CHECKS].sort());
  });

  test('with the same checks that the troubleshooting runbook makes', () => {
    for (const file of CHECKS) {
      expect(readFileSync(path.join(staged, file), 'utf8')).toBe(readFileSync(path.join(SOURCE, '..', 'runbooks', file), 'utf8'));
    }
  });

  test('whose checksum is the same in another folder, which holds what the source has', () => {
    AssetStaging.clearAssetHashCache();
    const other = new Stack(new App({ outdir: folderWith([]), analyticsReporting: false }), 'Stack');
    const again = other.resolve(bindBootScripts(other, new iam.Role(other, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') })));

    expect([again.GTF_SCRIPTS_SHA256, again.GTF_SCRIPTS_KEY]).toEqual([environment.GTF_SCRIPTS_SHA256, environment.GTF_SCRIPTS_KEY]);
  });

  test('in which every script finds what it sources or runs', () => {
    const used = filesBelow(staged).filter((name) => name.endsWith('.sh')).flatMap((name) => {
      const text = readFileSync(path.join(staged, name), 'utf8');
      return [...text.matchAll(/"\$(here|home|troubleshoot)\/([\w./-]+\.(?:sh|py|txt))"/g)].map(([, folder, file]) => (folder === 'troubleshoot' ? `troubleshoot/${file}` : file));
    });
    const units = filesBelow(staged).filter((name) => name.endsWith('.service')).flatMap((name) =>
      [...readFileSync(path.join(staged, name), 'utf8').matchAll(/\/opt\/graviton-tf\/([\w./-]+)/g)].map(([, file]) => file));

    expect(used).toContain('bootstrap.sh');
    expect(units.length).toBeGreaterThan(0);
    expect([...used, ...units].filter((file) => !filesBelow(staged).includes(file))).toEqual([]);
  });
});
