import { z } from 'zod';
import { machine } from './machine';
import { head, number, text } from './parse';

const download = z.looseObject({
  name: z.string(), url: text,
  /** Of a file; a checkout has its commit. */
  sha256: text, commit: text,
  /** Whether it was compared with a checksum or a commit that was known before. */
  verified: z.boolean(),
});

const finding = z.looseObject({ id: z.string(), status: z.string(), evidence: text, remediation: text, source: text });
export type Finding = z.infer<typeof finding>;

const artifact = z.looseObject({ file: z.string(), bucket: text, key: text, sha256: text, bytes: number, record: text });
export type Artifact = z.infer<typeof artifact>;

/** What every kind of build reports, beside what is its own. */
export const buildFields = {
  ...head,
  machine: machine.default({}),
  /** uploaded, or refused: by its test. */
  outcome: z.string(),
  reason: text,
  /** Of what was built. */
  release: z.string(),
  commit: text,
  downloads: z.array(download).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()).default([]),
  /** By step. */
  seconds: z.record(z.string(), z.number()).default({}),
  findings: z.array(finding).default([]),
  artifacts: z.array(artifact).default([]),
  notes: z.array(z.string()).default([]),
};

export type Build = z.infer<z.ZodObject<typeof buildFields, z.core.$loose>>;
