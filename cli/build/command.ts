import { Command } from 'commander';
import { javaCommand } from './java';
import { wheelCommand } from './wheel';

/** `graviton-tf build`: TensorFlow built on an instance of your own, tested there, and put into a bucket. */
export function buildCommand(done: (exitCode: number) => void): Command {
  const command = new Command('build')
    .description('Builds TensorFlow on an instance, tests it there, and puts it into a bucket with a record of how it came about.');
  return [wheelCommand, javaCommand].reduce((all, each) => all.addCommand(each(done)), command);
}
