import { Listr } from 'listr2';
import { progressLogger } from '../progress-output';
import type { TuningEvent } from './events';

type Step = Extract<TuningEvent, { event: 'step' }>;

/** One line that is shown now, and stays when it has ended. */
interface Line {
  readonly name: string;
  text: string;
  /** When it was last told where lines stay. */
  told: number;
  /** Set once it is shown. */
  shown?: { title?: string; output?: string };
  readonly settle: (error?: Error) => void;
}

/** Live progress on stderr of a program that tells its steps as it comes to them: a line each. */
export class StepProgress {
  private current?: Line;
  private began = Date.now();
  /** A step can take minutes: the seconds show that it goes on. */
  private readonly clock = setInterval(() => this.title(), 1000).unref();
  /** Lines are drawn one after the other, each when the one before is done with the terminal. */
  private before: Promise<unknown> = Promise.resolve();

  step({ name, status, text }: Step): void {
    if (this.current?.name !== name) {
      this.close();
      this.begin(name);
    }
    const line = this.current as Line;
    line.text = text || (status === 'InProgress' ? line.text : '');
    this.title();
    if (status === 'InProgress') return;
    this.close(status === 'Failed' ? new Error(text || 'failed') : undefined, status === 'Skipped' ? 'skipped' : '');
  }

  progress({ done, total, text }: { readonly done: number; readonly total: number; readonly text: string }): void {
    if (!this.current) this.begin('Measure');
    const line = this.current as Line;
    line.text = [`${done} of ${total}`, text === line.name ? '' : text].filter(Boolean).join(', ');
    this.title();
    // Where lines stay, one for each second of ten minutes would be too many.
    if (process.stderr.isTTY || !line.shown || Date.now() - line.told < 5000) return;
    line.told = Date.now();
    line.shown.output = line.text;
  }

  /** Gives the terminal back. */
  async end(failed = false): Promise<void> {
    this.close(failed ? new Error('ended') : undefined);
    clearInterval(this.clock);
    await this.before;
  }

  private begin(name: string): void {
    this.began = Date.now();
    let settle: Line['settle'] = () => {};
    const ended = new Promise<void>((resolve, reject) => { settle = (error) => (error ? reject(error) : resolve()); });
    ended.catch(() => { /* told on its line */ });
    const line: Line = { name, text: '', told: 0, settle };
    this.before = this.before.then(() => new Listr([{
      title: titleOf(line, 0),
      task: (_, task) => {
        line.shown = task;
        return ended;
      },
    }], {
      exitOnError: false,
      registerSignalListeners: false,
      fallbackRendererCondition: () => !process.stderr.isTTY,
      rendererOptions: { logger: progressLogger(), showErrorMessage: false, collapseErrors: false },
      fallbackRenderer: 'simple',
      fallbackRendererOptions: { logger: progressLogger() },
    }).run()).catch(() => { /* told on its line */ });
    this.current = line;
  }

  private title(word = '', last = false): void {
    const { current } = this;
    if (current?.shown && (process.stderr.isTTY || last)) current.shown.title = titleOf(current, Date.now() - this.began, word);
  }

  private close(error?: Error, word = ''): void {
    this.title(word, true);
    this.current?.settle(error);
    this.current = undefined;
  }
}

function titleOf({ name, text }: Line, milliseconds: number, word = ''): string {
  const told = [text, word].filter(Boolean).join(', ');
  const time = milliseconds >= 500 ? ` (${Math.round(milliseconds / 1000)} s)` : '';
  return `${name}${told ? `: ${told}` : ''}${time}`;
}
