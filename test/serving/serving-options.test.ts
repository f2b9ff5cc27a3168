import { Token } from 'aws-cdk-lib';
import { GravitonInstanceType, TensorFlowRuntime, type BatchingOptions, type ServingOptions } from '../../lib';
import { recommendedServing } from '../../lib/serving/recommended-serving';
import { serverTemplate } from '../support/servers';
import { userDataExports } from '../support/user-data';

const DEFAULTS = {
  GTF_REST_PORT: '8501', GTF_GRPC_PORT: '8500', GTF_PROCESSES: '1', GTF_INTRA_OP_THREADS: '', GTF_INTER_OP_THREADS: '1', GTF_OMP_NUM_THREADS: '',
  GTF_REST_THREADS: '', GTF_BF16_FAST_MATH: 'auto', GTF_MONITORING: 'true', GTF_WARMUP: 'true', GTF_BATCHING: '',
  GTF_SERVING_ENVIRONMENT: 'TF_ENABLE_ONEDNN_OPTS=1\nOMP_PROC_BIND=false\nOMP_PLACES=cores',
};

function environmentOf(options: ServingOptions, facts: { vCpus?: number } = {}): { [name: string]: string } {
  return recommendedServing(options, facts).environment;
}

test('without options the instance is told the guide\'s recommendations, and computes what depends on its vCPUs', () => {
  expect(environmentOf({})).toEqual(DEFAULTS);
});

describe('each option changes its own variable and no other', () => {
  test.each<[ServingOptions, { [name: string]: string }]>([
    [{ processes: 4 }, { GTF_PROCESSES: '4' }],
    [{ intraOpThreads: 3 }, { GTF_INTRA_OP_THREADS: '3' }],
    [{ interOpThreads: 2 }, { GTF_INTER_OP_THREADS: '2' }],
    [{ ompNumThreads: 5 }, { GTF_OMP_NUM_THREADS: '5' }],
    [{ restApiThreads: 64 }, { GTF_REST_THREADS: '64' }],
    [{ bf16FastMath: false }, { GTF_BF16_FAST_MATH: 'off' }],
    [{ monitoring: false }, { GTF_MONITORING: 'false' }],
    [{ warmup: false }, { GTF_WARMUP: 'false' }],
    [{ restPort: 9001 }, { GTF_REST_PORT: '9001' }],
    [{ grpcPort: 9000 }, { GTF_GRPC_PORT: '9000' }],
    [{ oneDnn: false }, { GTF_SERVING_ENVIRONMENT: 'TF_ENABLE_ONEDNN_OPTS=0\nOMP_PROC_BIND=false\nOMP_PLACES=cores' }],
    [{ environment: { TF_CPP_MIN_LOG_LEVEL: '1', EMPTY: '', QUOTED: 'it\'s $HOME "=" `x`' } }, { GTF_SERVING_ENVIRONMENT: `${DEFAULTS.GTF_SERVING_ENVIRONMENT}\nTF_CPP_MIN_LOG_LEVEL=1\nEMPTY=\nQUOTED=it's $HOME "=" \`x\`` }],
    [{ batching: { maxBatchSize: 32 } }, { GTF_BATCHING: 'max_batch_size { value: 32 }\nbatch_timeout_micros { value: 1000 }\nmax_enqueued_batches { value: 100 }\nnum_batch_threads { value: 1 }' }],
  ])('%j', (options, changed) => {
    expect(environmentOf(options)).toEqual({ ...DEFAULTS, ...changed });
  });

  test('and defaults may be given', () => {
    expect(environmentOf({
      processes: 1, interOpThreads: 1, oneDnn: true, bf16FastMath: true, monitoring: true, warmup: true, restPort: 8501, grpcPort: 8500, environment: {},
    })).toEqual(DEFAULTS);
  });
});

test('batching becomes TF Serving\'s text proto', () => {
  const batching: BatchingOptions = { maxBatchSize: 16, batchTimeoutMicros: 0, maxEnqueuedBatches: 7, numBatchThreads: 2, allowedBatchSizes: [1, 4, 16] };

  expect(environmentOf({ batching }).GTF_BATCHING).toBe([
    'max_batch_size { value: 16 }', 'batch_timeout_micros { value: 0 }', 'max_enqueued_batches { value: 7 }', 'num_batch_threads { value: 2 }',
    'allowed_batch_sizes: 1', 'allowed_batch_sizes: 4', 'allowed_batch_sizes: 16',
  ].join('\n'));
});

describe('an error names the option, what was got and what is allowed', () => {
  const whole = (option: string, got: unknown, least: number, most: number) => `serving.${option}: got ${got}; allowed is a whole number from ${least} to ${most}.`;
  const sizes = (got: string) => `serving.batching.allowedBatchSizes: got ${got}; allowed are rising sizes whose last is maxBatchSize, 16.`;

  test.each<[ServingOptions, string]>([
    [{ processes: 0 }, whole('processes', 0, 1, 1024)],
    [{ processes: 1.5 }, whole('processes', 1.5, 1, 1024)],
    [{ intraOpThreads: -1 }, whole('intraOpThreads', -1, 1, 1024)],
    [{ interOpThreads: NaN }, whole('interOpThreads', NaN, 1, 1024)],
    [{ ompNumThreads: 1025 }, whole('ompNumThreads', 1025, 1, 1024)],
    [{ restApiThreads: 0 }, whole('restApiThreads', 0, 1, 4096)],
    [{ restPort: 80 }, whole('restPort', 80, 1024, 65535)],
    [{ grpcPort: 65536 }, whole('grpcPort', 65536, 1024, 65535)],
    [{ restPort: 8500 }, 'serving.grpcPort: got 8500, which is the restPort; allowed is another port.'],
    [{ batching: { maxBatchSize: 0 } }, whole('batching.maxBatchSize', 0, 1, 1_000_000)],
    [{ batching: { maxBatchSize: 1, batchTimeoutMicros: -1 } }, whole('batching.batchTimeoutMicros', -1, 0, 60_000_000)],
    [{ batching: { maxBatchSize: 1, maxEnqueuedBatches: 0 } }, whole('batching.maxEnqueuedBatches', 0, 1, 1_000_000)],
    [{ batching: { maxBatchSize: 1, numBatchThreads: 0 } }, whole('batching.numBatchThreads', 0, 1, 1024)],
    [{ batching: { maxBatchSize: 16, allowedBatchSizes: [1, 8] } }, sizes('1, 8')],
    [{ batching: { maxBatchSize: 16, allowedBatchSizes: [8, 4, 16] } }, sizes('8, 4, 16')],
    [{ batching: { maxBatchSize: 16, allowedBatchSizes: [8, 8, 16] } }, sizes('8, 8, 16')],
    [{ batching: { maxBatchSize: 16, allowedBatchSizes: [0, 16] } }, sizes('0, 16')],
    [{ batching: { maxBatchSize: 16, allowedBatchSizes: [8, 16, 32] } }, sizes('8, 16, 32')],
    [{ environment: { SPLIT: 'a\nTF_ENABLE_ONEDNN_OPTS=0' } }, 'serving.environment: got a value of "SPLIT" with a line break; allowed are values of one line.'],
    [{ environment: { CARRIAGE: 'a\rb' } }, 'serving.environment: got a value of "CARRIAGE" with a line break; allowed are values of one line.'],
  ])('%j', (options, message) => {
    expect(() => environmentOf(options)).toThrow(new Error(message));
  });

  test.each(['processes', 'intraOpThreads', 'interOpThreads', 'ompNumThreads'])('%s over the vCPUs of the instance type', (option) => {
    const { vCpus } = GravitonInstanceType.of('c7g.xlarge');

    expect(environmentOf({ [option]: 4 }, { vCpus })).toBeDefined();
    expect(() => environmentOf({ [option]: 5 }, { vCpus })).toThrow(new Error(`serving.${option}: got 5; allowed is a whole number from 1 to 4, the vCPUs of the instance type.`));
  });

  test.each(['TF_ENABLE_ONEDNN_OPTS', 'DNNL_DEFAULT_FPMATH_MODE', 'ONEDNN_DEFAULT_FPMATH_MODE', 'OMP_NUM_THREADS', 'OMP_PROC_BIND', 'OMP_PLACES', 'MODEL_NAME',
    'MODEL_BASE_PATH', 'TENSORFLOW_INTRA_OP_PARALLELISM', 'TENSORFLOW_INTER_OP_PARALLELISM', 'PROCESSES', 'REST_API_NUM_THREADS', '1ST', 'A-B', 'A B', 'A=B', 'A\n', ''])('environment has no %j', (name) => {
    expect(() => environmentOf({ environment: { [name]: '1' } })).toThrow(`serving.environment: got the name "${name}"; allowed are variable names other than TF_ENABLE_ONEDNN_OPTS, `);
  });

  test('threads over the vCPUs of a server\'s instance type, and none where it is only known at deployment', () => {
    const instanceType = GravitonInstanceType.of(Token.asString({ Ref: 'InstanceType' }));

    expect(() => serverTemplate({ instanceType: GravitonInstanceType.of('c7g.large'), serving: { intraOpThreads: 3 } })).toThrow('allowed is a whole number from 1 to 2, the vCPUs');
    expect(() => serverTemplate({ serving: { processes: 5 } })).toThrow('allowed is a whole number from 1 to 4, the vCPUs');
    expect(userDataExports(serverTemplate({ instanceType, serving: { intraOpThreads: 300 } })).GTF_INTRA_OP_THREADS).toBe('300');
  });
});

test('batching with the wheel runtime, in a server', () => {
  const runtime = TensorFlowRuntime.wheel();

  expect(userDataExports(serverTemplate({ runtime, serving: { batching: { maxBatchSize: 8, numBatchThreads: 2 } } }))).toMatchObject({
    GTF_RUNTIME: 'wheel',
    GTF_BATCHING: 'max_batch_size { value: 8 }\nbatch_timeout_micros { value: 1000 }\nmax_enqueued_batches { value: 100 }\nnum_batch_threads { value: 2 }',
  });
});

test('numbers that are only known at deployment reach the instance', () => {
  const number = (value: number) => Token.asNumber({ 'Fn::Sub': String(value) });
  const serving: ServingOptions = {
    processes: number(2), intraOpThreads: number(3), interOpThreads: number(4), ompNumThreads: number(5), restApiThreads: number(6),
    restPort: number(9501), grpcPort: number(9500), batching: { maxBatchSize: number(32), numBatchThreads: number(8), allowedBatchSizes: [1, number(32)] },
  };

  expect(userDataExports(serverTemplate({ serving }))).toMatchObject({
    GTF_PROCESSES: '2', GTF_INTRA_OP_THREADS: '3', GTF_INTER_OP_THREADS: '4', GTF_OMP_NUM_THREADS: '5', GTF_REST_THREADS: '6', GTF_REST_PORT: '9501', GTF_GRPC_PORT: '9500',
    GTF_BATCHING: 'max_batch_size { value: 32 }\nbatch_timeout_micros { value: 1000 }\nmax_enqueued_batches { value: 100 }\nnum_batch_threads { value: 8 }\nallowed_batch_sizes: 1\nallowed_batch_sizes: 32',
  });
});
