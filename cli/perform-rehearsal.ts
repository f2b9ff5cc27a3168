import { Listr } from 'listr2';
import { CannotTell } from './cannot-tell';
import { watchForInterruption } from './interruption';
import { progressLogger } from './progress-output';
import type { Project } from '../rehearsal/project';
import { stopPreparing } from '../rehearsal/prepare';
import { Rehearsal, type RehearsalOptions, failureOf } from '../rehearsal/rehearsal';
import type { Failure, RehearsalReport } from '../rehearsal/report';
import { Workspace } from '../rehearsal/workspace';
import { seconds } from './terminal';

/** Where lines stay instead of being overwritten: those that tell of something done. */
const milestone = /^preparing| took |^ ?✅/u;

/** Runs the steps with their progress on stderr, and leaves nothing behind unless asked to keep it. */
export async function performRehearsal(project: Project, options: RehearsalOptions, keep: boolean): Promise<RehearsalReport> {
  const started = Date.now();
  const workspace = new Workspace(project);
  const rehearsal = new Rehearsal(workspace, options);
  const steps: RehearsalReport['steps'][number][] = [];
  let failure: Failure | undefined;
  let kept: RehearsalReport['kept'];
  const interruption = watchForInterruption(() => {
    stopPreparing();
    void workspace.end();
  });

  const tasks = new Listr(rehearsal.steps.map(({ title, run }) => ({
    title,
    task: async (_, task) => {
      const began = Date.now();
      try {
        const result = await run((line) => { if (process.stderr.isTTY || milestone.test(line)) task.output = line.trim(); });
        const took = (Date.now() - began) / 1000;
        steps.push({ title, seconds: took, result });
        task.title = `${title}: ${result} (${seconds(took)})`;
      } catch (error) {
        if (interruption.happened) throw new Error(`${title}: interrupted`);
        failure = { ...failureOf(title, error), prerequisite: error instanceof CannotTell || undefined };
        throw error;
      }
    },
  })), {
    // Its own handler would end this process before what it started has ended.
    registerSignalListeners: false,
    fallbackRendererCondition: () => !process.stderr.isTTY,
    rendererOptions: { logger: progressLogger() },
    fallbackRenderer: 'simple',
    fallbackRendererOptions: { logger: progressLogger() },
  });
  try {
    await tasks.run();
    if (keep && !interruption.happened) kept = rehearsal.keep();
  } catch {
    // In `failure`, unless the interruption made the step fail.
  } finally {
    if (!kept) await workspace.end();
    interruption.stop();
  }
  const outcome = interruption.happened ? 'interrupted' : failure ? 'failed' : 'passed';
  return {
    schemaVersion: 1, outcome, seconds: (Date.now() - started) / 1000, steps, failure: interruption.happened ? undefined : failure, ...rehearsal.report(), kept,
  };
}
