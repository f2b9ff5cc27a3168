import { Token } from 'aws-cdk-lib';
import type { BatchingOptions, ServingOptions } from './serving-options';

/** What the recommendation depends on beside the options. @internal */
export interface ServingFacts {
  /** vCPUs of the instance, where they are known at synth. */
  readonly vCpus?: number;
}

/** @internal */
export interface RecommendedServing {
  /** Variables that the boot scripts turn into TF Serving's environment and flags. */
  readonly environment: { [name: string]: string };
  readonly restPort: number;
  readonly grpcPort: number;
}

/** Variables that options set; `environment` may not set them a second time. */
const OWN_VARIABLES = [
  'TF_ENABLE_ONEDNN_OPTS', 'DNNL_DEFAULT_FPMATH_MODE', 'ONEDNN_DEFAULT_FPMATH_MODE', 'OMP_NUM_THREADS', 'OMP_PROC_BIND', 'OMP_PLACES',
  'MODEL_NAME', 'MODEL_BASE_PATH', 'TENSORFLOW_INTRA_OP_PARALLELISM', 'TENSORFLOW_INTER_OP_PARALLELISM', 'PROCESSES', 'REST_API_NUM_THREADS',
];

/**
 * Turns serving options into the environment and flags that the guide recommends.
 *
 * This is the one place that says which variable gets which intent. Numbers that depend on vCPUs are
 * left empty for `userdata/environment/` to fill in, which is the one place of that formula: the
 * instance knows its vCPUs, a template does not.
 *
 * @throws one sentence naming the option, what was got, and what is allowed
 * @internal
 */
export function recommendedServing(options: ServingOptions, facts: ServingFacts): RecommendedServing {
  const { processes = 1, interOpThreads = 1, oneDnn = true, bf16FastMath = true, monitoring = true, warmup = true } = options;
  const { restPort = 8501, grpcPort = 8500 } = options;
  checkThreads({ processes, intraOpThreads: options.intraOpThreads, interOpThreads, ompNumThreads: options.ompNumThreads }, facts.vCpus);
  checkWhole('restApiThreads', options.restApiThreads, 1, 4096);
  checkWhole('restPort', restPort, 1024, 65535);
  checkWhole('grpcPort', grpcPort, 1024, 65535);
  if (restPort === grpcPort) {
    throw new Error(`serving.grpcPort: got ${grpcPort}, which is the restPort; allowed is another port.`);
  }
  return {
    restPort,
    grpcPort,
    environment: {
      GTF_REST_PORT: String(restPort),
      GTF_GRPC_PORT: String(grpcPort),
      GTF_PROCESSES: String(processes),
      GTF_INTRA_OP_THREADS: text(options.intraOpThreads),
      GTF_INTER_OP_THREADS: String(interOpThreads),
      GTF_OMP_NUM_THREADS: text(options.ompNumThreads),
      GTF_REST_THREADS: text(options.restApiThreads),
      GTF_BF16_FAST_MATH: bf16FastMath ? 'auto' : 'off',
      GTF_MONITORING: String(monitoring),
      GTF_WARMUP: String(warmup),
      GTF_BATCHING: options.batching ? batchingParameters(options.batching) : '',
      GTF_SERVING_ENVIRONMENT: lines({
        TF_ENABLE_ONEDNN_OPTS: oneDnn ? '1' : '0',
        // False and cores: the guide's values, so that OpenMP threads may move between cores of one process.
        OMP_PROC_BIND: 'false',
        OMP_PLACES: 'cores',
        ...ownEnvironment(options.environment ?? {}),
      }),
    },
  };
}

function checkThreads(counts: { [option: string]: number | undefined }, vCpus: number | undefined): void {
  for (const [option, count] of Object.entries(counts)) {
    checkWhole(option, count, 1, vCpus ?? 1024, vCpus === undefined ? '' : `, the vCPUs of the instance type`);
  }
}

function checkWhole(option: string, value: number | undefined, least: number, most: number, why = ''): void {
  if (value !== undefined && !Token.isUnresolved(value) && (!Number.isInteger(value) || value < least || value > most)) {
    throw new Error(`serving.${option}: got ${value}; allowed is a whole number from ${least} to ${most}${why}.`);
  }
}

/** TF Serving's batching parameters file: a text proto of wrapped values. */
function batchingParameters(batching: BatchingOptions): string {
  const { maxBatchSize, batchTimeoutMicros = 1000, maxEnqueuedBatches = 100, numBatchThreads = 1, allowedBatchSizes = [] } = batching;
  checkWhole('batching.maxBatchSize', maxBatchSize, 1, 1_000_000);
  checkWhole('batching.batchTimeoutMicros', batchTimeoutMicros, 0, 60_000_000);
  checkWhole('batching.maxEnqueuedBatches', maxEnqueuedBatches, 1, 1_000_000);
  checkWhole('batching.numBatchThreads', numBatchThreads, 1, 1024);
  const rising = allowedBatchSizes.every((size, index) => Number.isInteger(size) && size > (allowedBatchSizes[index - 1] ?? 0));
  const known = ![maxBatchSize, ...allowedBatchSizes].some((size) => Token.isUnresolved(size));
  if (known && allowedBatchSizes.length > 0 && !(rising && allowedBatchSizes[allowedBatchSizes.length - 1] === maxBatchSize)) {
    throw new Error(`serving.batching.allowedBatchSizes: got ${allowedBatchSizes.join(', ')}; allowed are rising sizes whose last is maxBatchSize, ${maxBatchSize}.`);
  }
  return [
    `max_batch_size { value: ${maxBatchSize} }`,
    `batch_timeout_micros { value: ${batchTimeoutMicros} }`,
    `max_enqueued_batches { value: ${maxEnqueuedBatches} }`,
    `num_batch_threads { value: ${numBatchThreads} }`,
    ...allowedBatchSizes.map((size) => `allowed_batch_sizes: ${size}`),
  ].join('\n');
}

function ownEnvironment(environment: { [name: string]: string }): { [name: string]: string } {
  for (const [name, value] of Object.entries(environment)) {
    if (!/^[A-Za-z_]\w*$/.test(name) || OWN_VARIABLES.includes(name)) {
      throw new Error(`serving.environment: got the name "${name}"; allowed are variable names other than ${OWN_VARIABLES.join(', ')}, which options set.`);
    }
    if (/[\n\r\0]/.test(value)) {
      throw new Error(`serving.environment: got a value of "${name}" with a line break; allowed are values of one line.`);
    }
  }
  return environment;
}

function lines(variables: { [name: string]: string }): string {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`).join('\n');
}

function text(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}
