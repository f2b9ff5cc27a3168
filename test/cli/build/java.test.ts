import { first, online, operate, succeeded, type ScriptedSsm } from '../diagnose/scripted-ssm';

jest.setTimeout(60_000);

const machine = { instance: first, instanceType: 'm7g.large', cpu: 'Neoverse-V1', architecture: 'aarch64', vCpus: 2, memoryBytes: 8 * 1024 ** 3, kernel: '6.1.0', bf16: true };
const folder = 'org/tensorflow/tensorflow-core-native/1.1.0';
const jar = `${folder}/tensorflow-core-native-1.1.0-linux-arm64.jar`;
const prefix = 'build-java/1.1.0/published';

const artifact = (file: string, uploaded = true) => ({
  file, sha256: 'a'.repeat(64), bytes: 157_318_633, bucket: uploaded ? 'artifacts' : null, key: uploaded ? `${prefix}/${file}` : null, record: uploaded ? `${prefix}/${file}.json` : null,
});

/** As its runbook writes it. */
function aJavaBuild(more: object = {}): object {
  return {
    schemaVersion: 1, kind: 'build-java', at: '2026-11-23T00:00:00Z', exitCode: 0, machine, outcome: 'uploaded', reason: null, release: '1.1.0', source: 'published',
    commit: '356dce189b88bf939f80c70bc8aa8e4d28bfb711', platform: 'linux-arm64', tensorflow: '2.18.0', jdk: '17.0.15', maven: '3.8.7', python: '3.11.2',
    downloads: [{ name: 'javacpp-1.5.11.jar', url: 'https://repo/javacpp-1.5.11.jar', sha256: 'b'.repeat(64), verified: true }, { name: 'TensorFlow for Python', url: 'tensorflow==2.18.0', verified: false }],
    environment: { TF_ENABLE_ONEDNN_OPTS: '1' }, command: ['mvn', '--batch-mode'], seconds: { Build: 12.1, Test: 20.5 },
    findings: [{ id: 'java.answer', status: 'PASS', evidence: 'the greatest difference of 75680 values in contour, note, onset is 0' }, { id: 'java.note', status: 'PASS', evidence: 'a sine of 440 Hz is heard as A4, MIDI 69' }],
    artifacts: [artifact(`${folder}/tensorflow-core-native-1.1.0.jar`), artifact(jar)], notes: [], omitted: 0,
    ...more,
  };
}

const reporting = (report: object): ScriptedSsm => ({
  documents: [{ Name: 'Runbook', Tags: [{ Key: 'graviton-tensorflow:runbook', Value: 'build-java' }, { Key: 'graviton-tensorflow:results', Value: 'results' }] }],
  instances: [online(first)],
  looks: { [first]: [succeeded] },
  outputs: { [first]: { Report: { stdout: JSON.stringify(report) } } },
});

test('the published JARs are the default; the instances are those that build for the stack', async () => {
  const { code, stdout, calls } = await operate(reporting(aJavaBuild()), 'build', 'java', '--stack', 'Server');

  expect(calls.find(({ operation }) => operation === 'SendCommand')?.parameters).toMatchObject({
    Comment: 'graviton-tf build java', OutputS3KeyPrefix: 'build-java', Parameters: {}, Targets: [{ Key: 'tag:graviton-tensorflow:build', Values: ['Server'] }],
  });
  expect({ code, title: stdout.split('\n')[0] }).toEqual({ code: 0, title: '✔ TensorFlow Java 1.1.0 for linux-arm64: uploaded' });
  expect(stdout).toContain('as they are published');
  expect(stdout).toContain('MIDI 69');
});

test('it says how a Java program uses them', async () => {
  const { stdout } = await operate(reporting(aJavaBuild()), 'build', 'java', '--instance', first, '--markdown');

  expect(stdout).toContain(`<!-- aws s3 sync --exclude '*.json' s3://artifacts/${prefix}/ ~/.m2/repository/ -->
<dependency>
  <groupId>org.tensorflow</groupId>
  <artifactId>tensorflow-core-api</artifactId>
  <version>1.1.0</version>
</dependency>
<dependency>
  <groupId>org.tensorflow</groupId>
  <artifactId>tensorflow-core-native</artifactId>
  <version>1.1.0</version>
  <classifier>linux-arm64</classifier>
</dependency>`);
});

test('it is built only on request', async () => {
  const { calls } = await operate(reporting(aJavaBuild({ source: 'build' })), 'build', 'java', '--stack', 'Server', '--release', '1.0.0', '--source', 'build', '--skip-tests', '--fresh');

  expect(calls.find(({ operation }) => operation === 'SendCommand')?.parameters).toMatchObject({
    Parameters: { Release: ['1.0.0'], Source: ['build'], SkipTests: ['true'], Fresh: ['true'] },
  });
});

test('one that its test refused ends with 1, and is nowhere to be had', async () => {
  const reason = 'the JAR answers otherwise than Python: the greatest difference is 0.3';
  const refused = aJavaBuild({ exitCode: 1, outcome: 'refused', reason, artifacts: [artifact(jar, false)], findings: [{ id: 'java.answer', status: 'FAIL', evidence: 'the greatest difference is 0.3' }] });
  const { code, stdout } = await operate(reporting(refused), 'build', 'java', '--stack', 'Server');

  expect(code).toBe(1);
  expect(stdout).toContain(reason);
  expect(stdout).not.toContain('aws s3 sync');
});

test.each([
  [['--source', 'else'], 'Allowed choices are published, build.'],
  [['--skip-tests'], '--skip-tests leaves out what a build tests: it goes with --source build.'],
])('%j is refused in one sentence, before anything is asked of AWS', async (options, sentence) => {
  const { code, stderr, calls } = await operate(reporting(aJavaBuild()), 'build', 'java', '--stack', 'Server', ...options);

  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
  expect(calls).toEqual([]);
});

test('a report that is another runbook\'s is told', async () => {
  const { code, stderr } = await operate(reporting(aJavaBuild({ kind: 'build-wheel' })), 'build', 'java', '--stack', 'Server');

  expect(code).toBe(2);
  expect(stderr).toContain('its kind is "build-wheel", and build-java was expected');
});
