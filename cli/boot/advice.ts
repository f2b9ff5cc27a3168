/**
 * What to do next, by the phase of `userdata/` that failed. A cause that names its own remedy comes first:
 * many phases end in the same few reasons.
 */
const causes: ReadonlyArray<readonly [RegExp, string]> = [
  [/AccessDenied|Forbidden|\(403\)|not authorized/i,
    'The instance\'s role lacks a permission. Grant it (server.role, or the bucket\'s or key\'s own policy) and deploy again.'],
  [/Could not connect|Connection timed out|Could not resolve|timed? ?out.*(endpoint|connect)|Network is unreachable/i,
    'The instance has no way to that address. Give its subnets a NAT gateway, or VPC endpoints for the services it calls, and deploy again.'],
  [/No space left/i, 'The disk is full. Give the server a larger volume and deploy again.'],
  [/NoSuchKey|NoSuchBucket|\(404\)/,
    'What the template names is not in S3 any more. Deploy again, which uploads the assets; for a bucket of your own check its name and prefix.'],
];

/** What to do where no phase failed. */
export const advice = {
  ready: 'The server answers. The output Curl of the stack holds a first request.',
  silent: 'The instance ended or hung before it could reach CloudFormation. Check that its subnet reaches the AWS APIs (NAT gateway or VPC '
    + 'endpoints for cloudformation, logs, s3), then read its console output: aws ec2 get-console-output --latest --instance-id ID.',
  resource: 'The deployment failed before an instance booted. Correct that resource and deploy again.',
};

const phases: Readonly<Record<string, string>> = {
  start: 'The boot script ended before its first phase. Read the instance\'s console output: aws ec2 get-console-output --latest --instance-id ID.',
  variables: 'User data lacks a value. Deploy again from an unchanged checkout; if it stays, report it with the cause above.',
  kernel: 'Choose a machine image with a kernel of 5.10 or later (the default does) and deploy again.',
  tools: 'The image\'s package repositories are out of reach, or lack the package. Give the subnet a way to them, or use an image that has it.',
  packages: 'The image\'s package repositories are out of reach, or lack the package. Give the subnet a way to them, or use an image that has it.',
  scripts: 'The boot scripts could not be fetched or do not match the template. Deploy again, which uploads them; let nothing change the assets bucket.',
  image: 'The container image could not be pulled. Check its name and tag, and that the role may pull from its registry.',
  venv: 'TensorFlow could not be installed by pip. Check that the version exists for arm64 and this Python, and that the subnet reaches PyPI.',
  libraries: 'The image\'s Python could not install the model server\'s libraries. Check that the image has Python 3.10 or later, and that the subnet reaches PyPI.',
  model: 'The model could not be brought to the instance. Check that the bucket and prefix hold <version>/saved_model.pb with all its variables.',
  environment: 'A serving option does not suit the instance. The cause names it; change it and deploy again.',
  service: 'The model server ended when it was started. The log lines above are its own; try the same model and options with npm run rehearse.',
  ready: 'The model server ran, and did not answer in time. If the log shows it still loading, raise the ready timeout or choose a larger instance; '
    + 'if not, try the model with npm run rehearse -- --model DIR --request FILE.',
  timers: 'The timer that brings new model versions did not start. The log lines above say why.',
  address: 'The server answers, and its name in the VPC could not be pointed at it. The cause names what Route 53 refused; the name\'s private zone must be '
    + 'the one that the stack made.',
  signal: 'The server answers, and its success could not be signalled. Check that the subnet reaches the CloudFormation API.',
};

export function nextStep(phase: string | undefined, cause: string): string {
  const byCause = causes.find(([pattern]) => pattern.test(cause))?.[1];
  return byCause ?? phases[phase ?? ''] ?? 'Read the log lines above, or the whole log on the instance: /var/log/graviton-tf/boot.log.';
}
