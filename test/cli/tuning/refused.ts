import type { Command } from 'commander';
import { CannotTell } from '../../../cli/cannot-tell';

/** What a command, in this process, cannot tell: a start of the command line for each would take minutes. */
export async function refusedBy(command: (done: (exitCode: number) => void) => Command, args: readonly string[]): Promise<string> {
  const quiet = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const silent = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await command(() => {}).exitOverride().parseAsync([...args], { from: 'user' });
    throw new Error('nothing was refused');
  } catch (error) {
    if (!(error instanceof CannotTell)) throw error;
    return error.message;
  } finally {
    quiet.mockRestore();
    silent.mockRestore();
  }
}
