import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { FLAGS } from 'aws-cdk-lib/cx-api';

export type FeatureFlags = { [flag: string]: unknown };

/** Every flag that this CDK reads, at its recommended value; those of CDK v1 are errors by now. */
export const ALL_FEATURE_FLAGS: FeatureFlags = Object.fromEntries(
  Object.entries(FLAGS).filter(([, flag]) => flag.introducedIn.v2 !== undefined).map(([name, flag]) => [name, flag.recommendedValue]),
);

const FLAG_SETS: [string, FeatureFlags][] = [['without feature flags', {}], ['with all feature flags', ALL_FEATURE_FLAGS]];

/** An app whose output is removed after the test file. All share one folder, so that an asset is staged once. */
export function newApp(context: FeatureFlags = {}): App {
  return new App({ outdir: outputFolder(), context, analyticsReporting: false });
}

/** Runs the same tests in apps without feature flags and in apps with all of them. */
export function describeWithFlags(name: string, tests: (makeApp: (context?: FeatureFlags) => App, flags: FeatureFlags) => void): void {
  describe.each(FLAG_SETS)(`${name}, %s`, (_, flags) => tests((context) => newApp({ ...flags, ...context }), flags));
}

// With all flags a synthesis also prints its report of warnings; tests read warnings from the stacks.
const print = console.error;
console.error = (...text: unknown[]) => {
  if (!String(text[0]).includes('validation-report.json')) {
    print(...text);
  }
};

let output: string | undefined;

function outputFolder(): string {
  output ??= mkdtempSync(path.join(tmpdir(), 'graviton-tf-test-'));
  return output;
}

afterAll(() => {
  if (output !== undefined) {
    rmSync(output, { recursive: true });
  }
});
