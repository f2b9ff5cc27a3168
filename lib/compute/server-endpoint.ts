/**
 * Where a server answers: its ports, the paths of TF Serving's REST API, and its name if it has one.
 *
 * The instance behind it is replaced now and then. A name in a private hosted zone follows it; without
 * one, `url()` takes the host from you: `localhost` through a port-forwarding session, or the
 * instance's private address.
 *
 * @see https://www.tensorflow.org/tfx/serving/api_rest
 */
export class ServerEndpoint {
  /**
   * @param modelName the model's name in URLs
   * @param restPort port of the REST API
   * @param grpcPort port of the gRPC API
   * @param hostName the server's name within its VPC, where it keeps one
   */
  constructor(
    public readonly modelName: string, public readonly restPort: number, public readonly grpcPort: number, public readonly hostName?: string,
  ) {}

  /**
   * URL of the model's status.
   *
   * @param host name or address, such as `localhost`; by default the server's own name
   * @throws when no host is given and the server keeps no name
   */
  public url(host: string | undefined = this.hostName): string {
    if (host === undefined) {
      throw new Error('endpoint host: got none; allowed is a name or address, or give the server a privateZone to keep a name in.');
    }
    return `http://${host}:${this.restPort}/v1/models/${this.modelName}`;
  }

  /**
   * URL that predictions are posted to.
   *
   * @param host name or address, such as `localhost`; by default the server's own name
   * @throws when no host is given and the server keeps no name
   */
  public predictUrl(host?: string): string {
    return `${this.url(host)}:predict`;
  }
}
