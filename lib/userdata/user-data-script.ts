import { readFileSync } from 'node:fs';
import { Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';

/** EC2's limit, before base64. */
const EC2_LIMIT_BYTES = 16_384;

/** What a value that is only known at deployment may take: an S3 key, a log group's or a stack's name. */
const TOKEN_BYTES = 128;

/**
 * A shell script in a file as user data, with its parameters as data.
 *
 * The file stays as it is, so that it can be linted and run elsewhere; `export NAME='value'` lines
 * are put after its shebang, quoted for the shell.
 */
export class UserDataScript {
  /**
   * @param file path of the script, whose first line is its shebang
   * @param variables exported to it; a value that is only known at deployment must not be able to hold a single quote
   * @returns user data for a launch template or an instance
   * @throws when the script has no shebang, a name is none, or the whole may exceed EC2's 16,384 bytes
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
   */
  public static fromFile(file: string, variables: { [name: string]: string }): ec2.UserData {
    const [shebang, ...rest] = readFileSync(file, 'utf8').split('\n');
    if (!shebang.startsWith('#!')) {
      throw new Error(`user data: got "${file}", which begins with "${shebang.slice(0, 20)}"; allowed is a script with a shebang.`);
    }
    const exports = Object.entries(variables).map(([name, value]) => `export ${checkName(name)}=${quote(value)}`);
    const script = [shebang, ...exports, ...rest].join('\n');
    const bytes = expectedBytes(script);
    if (bytes > EC2_LIMIT_BYTES) {
      throw new Error(`user data: got up to ${bytes} bytes; allowed are ${EC2_LIMIT_BYTES}. Shorten the serving options' environment or batching.`);
    }
    return ec2.UserData.custom(script);
  }
}

function checkName(name: string): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
    throw new Error(`user data: got the variable name "${name}"; allowed are capitals, digits and underscores.`);
  }
  return name;
}

/** Quotes for POSIX shells: within single quotes only the single quote itself is special. */
function quote(value: string): string {
  if (value.includes('\0')) {
    throw new Error('user data: got a value with a NUL byte, which no variable can hold.');
  }
  // A token's text (${Token[…]}) holds no quote, and stands for a value that can hold none.
  return `'${value.replace(/'/g, `'\\''`)}'`;
}

function expectedBytes(script: string): number {
  const filled = Tokenization.reverseString(script)
    .mapTokens({ mapToken: () => 'x'.repeat(TOKEN_BYTES) })
    .join({ join: (left, right) => `${left ?? ''}${right ?? ''}` });
  return Buffer.byteLength(String(filled));
}
