/**
 * TF Serving's batching of requests that arrive together.
 *
 * @see https://github.com/tensorflow/serving/tree/master/tensorflow_serving/batching
 */
export interface BatchingOptions {
  /** The largest batch, in examples. At least 1. */
  readonly maxBatchSize: number;

  /**
   * How long the first request of a batch waits for others, in microseconds.
   *
   * @default 1000
   */
  readonly batchTimeoutMicros?: number;

  /**
   * Batches that may wait before requests are refused.
   *
   * @default 100
   */
  readonly maxEnqueuedBatches?: number;

  /**
   * Batches that are computed at the same time.
   *
   * @default 1 - each batch uses all intra-op threads
   */
  readonly numBatchThreads?: number;

  /**
   * Sizes that batches are padded to, rising; the last must equal `maxBatchSize`.
   *
   * @default - batches are not padded
   */
  readonly allowedBatchSizes?: number[];
}

/**
 * How the model is served. Every default is the guide's recommendation for Graviton.
 *
 * Numbers that depend on the machine are computed on the instance from its own vCPUs.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#runtime-configurations-for-optimal-performance
 */
export interface ServingOptions {
  /**
   * Processes that share the vCPUs. The wheel runtime starts that many; in a container TF Serving
   * is one process, and more than one leaves the rest of the vCPUs to processes of your own.
   *
   * @default 1
   */
  readonly processes?: number;

  /**
   * Threads that one operation may use (`--tensorflow_intra_op_parallelism`).
   *
   * @default - vCPUs / processes, at least 1
   */
  readonly intraOpThreads?: number;

  /**
   * Operations that run at the same time (`--tensorflow_inter_op_parallelism`).
   *
   * @default 1
   */
  readonly interOpThreads?: number;

  /**
   * `OMP_NUM_THREADS`; only OpenMP builds of oneDNN obey it.
   *
   * @default - vCPUs / processes, at least 1
   */
  readonly ompNumThreads?: number;

  /**
   * oneDNN with Arm Compute Library kernels (`TF_ENABLE_ONEDNN_OPTS`), else Eigen.
   *
   * @default true
   */
  readonly oneDnn?: boolean;

  /**
   * BF16 fast math (`DNNL_DEFAULT_FPMATH_MODE=BF16`) where the CPU has it. May cost accuracy.
   *
   * @default true
   */
  readonly bf16FastMath?: boolean;

  /**
   * Batching of requests. In the wheel runtime each process batches what it gets.
   *
   * @default - no batching
   */
  readonly batching?: BatchingOptions;

  /**
   * Threads that handle REST requests (`--rest_api_num_threads`).
   *
   * @default - the model server's own: 4 for each vCPU
   */
  readonly restApiThreads?: number;

  /**
   * Prometheus metrics at `/monitoring/prometheus/metrics` on the REST port.
   *
   * @default true
   */
  readonly monitoring?: boolean;

  /**
   * Play the model's warm-up requests before it is available (`--enable_model_warmup`).
   *
   * @default true
   */
  readonly warmup?: boolean;

  /**
   * Port of the REST API.
   *
   * @default 8501
   */
  readonly restPort?: number;

  /**
   * Port of the gRPC API (container runtimes).
   *
   * @default 8500
   */
  readonly grpcPort?: number;

  /**
   * More environment variables for the model server. They cannot replace those that other options set.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };
}
