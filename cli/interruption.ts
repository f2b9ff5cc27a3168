export interface Interruption {
  readonly happened: boolean;
  stop(): void;
}

/** The exit code of a command that was interrupted, as shells have it. */
export const INTERRUPTED = 130;

/** Ctrl-C, SIGTERM, a closed terminal, or npm itself killed, which cannot tell us. */
export function watchForInterruption(react: () => void): Interruption {
  const state = { happened: false, stop };
  const parent = process.ppid;
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const interrupt = () => {
    if (state.happened) return;
    state.happened = true;
    react();
  };
  for (const signal of signals) process.on(signal, interrupt);
  const watch = process.env.npm_lifecycle_event ? setInterval(() => process.ppid === parent || interrupt(), 500) : undefined;
  function stop() {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, interrupt);
  }
  return state;
}
