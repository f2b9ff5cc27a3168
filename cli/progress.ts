import { Listr, type ListrTask } from 'listr2';
import { progressLogger } from './progress-output';

/** Statuses of a step or an instance that is on its way. */
const underWay = new Set(['', 'Pending', 'InProgress', 'Delayed', 'Cancelling']);

/** More instances than this get one line together. */
const mostLines = 15;

interface Subject {
  /** What was told of each step last. */
  readonly steps: Map<string, string>;
  readonly ended: Promise<void>;
  state: string;
  /** What was told last. */
  text: string;
  /** Set once its line is shown. */
  line?: { title?: string; output?: string };
  settle(reported: boolean): void;
}

/** Live progress on stderr: a line for each subject with its step on a terminal, a line for each step elsewhere. */
export class Progress {
  private readonly subjects: ReadonlyMap<string, Subject>;
  private readonly finished: Promise<unknown>;
  private readonly began = Date.now();
  private readonly together: boolean;
  private heading?: { title?: string; output?: string };
  /** A step can take minutes: the seconds show that it goes on. */
  private readonly clock = setInterval(() => this.tick(), 1000).unref();

  constructor(private readonly title: string, names: readonly string[]) {
    this.together = names.length > mostLines;
    this.subjects = new Map(names.map((name) => [name, subject(name)]));
    const single: ListrTask[] = [...this.subjects].map(([name, each]) => ({
      title: name,
      task: (_, task) => {
        each.line = task;
        return each.ended;
      },
    }));
    const listr = new Listr([{
      title,
      task: (_, task) => {
        this.heading = task;
        return task.newListr(single, { concurrent: true, exitOnError: false, rendererOptions: { collapseSubtasks: false } });
      },
    }], {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      fallbackRendererCondition: () => !process.stderr.isTTY,
      rendererOptions: { logger: progressLogger(), showSubtasks: !this.together, showErrorMessage: false, collapseErrors: false },
      fallbackRenderer: 'simple',
      fallbackRendererOptions: { logger: progressLogger() },
    });
    this.finished = listr.run();
  }

  step(name: string, step: string, status: string): void {
    const subject = this.subjects.get(name);
    if (!subject || subject.steps.get(step) === status || status === 'Pending') return;
    subject.steps.set(step, status);
    this.tell(name, subject, status === 'InProgress' ? step : `${step} ${status}`, !underWay.has(status));
  }

  state(name: string, status: string): void {
    const subject = this.subjects.get(name);
    if (!subject || subject.state === status) return;
    subject.state = status;
    if (!underWay.has(status)) {
      this.tell(name, subject, status, true);
      subject.settle(status === 'Success');
      if (this.together) this.tellAll();
    } else if (!subject.steps.size) {
      this.tell(name, subject, status, false);
    }
  }

  private tell(name: string, subject: Subject, text: string, lasting: boolean): void {
    subject.text = text;
    if (!subject.line || this.together) return;
    const told = `${name}: ${text} (${Math.round((Date.now() - this.began) / 1000)} s)`;
    // Where lines stay instead of being overwritten, only what lasts is told.
    if (process.stderr.isTTY) subject.line.title = told;
    else if (lasting) subject.line.output = told;
  }

  private tick(): void {
    for (const [name, subject] of this.subjects) if (underWay.has(subject.state)) this.tell(name, subject, subject.text, false);
  }

  private tellAll(): void {
    const ended = [...this.subjects.values()].filter(({ state }) => !underWay.has(state)).length;
    const told = `${this.title}: ${ended} of ${this.subjects.size} instances have ended`;
    if (process.stderr.isTTY && this.heading) this.heading.title = told;
    else if (this.heading) this.heading.output = told;
  }

  /** Gives the terminal back. */
  async end(): Promise<void> {
    clearInterval(this.clock);
    for (const subject of this.subjects.values()) subject.settle(subject.state === 'Success');
    await this.finished.catch(() => {});
  }
}

function subject(name: string): Subject {
  let settle: Subject['settle'] = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    settle = (reported) => (reported ? resolve() : reject(new Error(`${name}: no report`)));
  });
  ended.catch(() => { /* shown on its line, which may not be there yet */ });
  return { steps: new Map(), ended, state: '', text: 'waiting', settle };
}
