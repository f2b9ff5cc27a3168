import type { Question } from './prediction';
import { ask } from './prediction';

export interface Answered {
  readonly requests: number;
  readonly slowestMilliseconds: number;
}

/** One client that asks again as soon as it has its answer, until it is told to stop. */
export class Traffic {
  private stopped = false;
  private readonly done: Promise<Answered>;

  constructor(url: string, question: Question) {
    this.done = this.run(url, question);
    // Whoever stops it is told.
    this.done.catch(() => {});
  }

  private async run(url: string, question: Question): Promise<Answered> {
    let [requests, slowestMilliseconds] = [0, 0];
    while (!this.stopped) {
      const { milliseconds } = await ask(url, question);
      requests += 1;
      slowestMilliseconds = Math.max(slowestMilliseconds, milliseconds);
    }
    return { requests, slowestMilliseconds };
  }

  /** @throws when one request was not answered, or not as it must be */
  async stop(): Promise<Answered> {
    this.stopped = true;
    const answered = await this.done;
    if (answered.requests === 0) throw new Error('no request was sent meanwhile');
    return answered;
  }
}
