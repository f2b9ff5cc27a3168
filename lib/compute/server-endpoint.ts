import { Tokenization } from 'aws-cdk-lib';

/**
 * Where a server answers: its ports and the paths of TF Serving's REST API.
 *
 * The instance behind it is replaced now and then, so it has no fixed address; `url()` takes the
 * host from you: `localhost` through a port-forwarding session, or the instance's private address.
 *
 * @see https://www.tensorflow.org/tfx/serving/api_rest
 */
export class ServerEndpoint {
  /**
   * @param modelName the model's name in URLs
   * @param restPort port of the REST API
   * @param grpcPort port of the gRPC API
   */
  constructor(public readonly modelName: string, public readonly restPort: number, public readonly grpcPort: number) {}

  /**
   * URL of the model's status.
   *
   * @param host name or address, such as `localhost`
   */
  public url(host: string): string {
    return `http://${host}:${Tokenization.stringifyNumber(this.restPort)}/v1/models/${this.modelName}`;
  }

  /**
   * URL that predictions are posted to.
   *
   * @param host name or address, such as `localhost`
   */
  public predictUrl(host: string): string {
    return `${this.url(host)}:predict`;
  }
}
