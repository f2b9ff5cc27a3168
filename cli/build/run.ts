import { BUILD_TAG } from '../../lib/runbooks/runbook-names';
import { type View, answering, present, presentInterruption } from '../present';
import type { RunbookKind } from '../remote/kind';
import { withMore } from '../remote/parameters';
import type { Build } from '../reports/build';
import { type BuildOptions, checkBuild } from './options';

/** What a kind of build adds to the common part. */
export interface BuildKind<Report extends Build> extends Pick<RunbookKind<Report>, 'word' | 'name' | 'construct' | 'command' | 'parse'> {
  readonly view: View<Report>;
}

/** Has instances build, and shows what became of it. */
export async function build<Report extends Build>(
  options: BuildOptions, given: (name: string) => boolean, parameters: Readonly<Record<string, string>>, load: () => Promise<BuildKind<Report>>,
): Promise<number> {
  return answering(options, async () => {
    checkBuild(options, given);
    const all = withMore({ ...parameters, ...(options.fresh && { Fresh: 'true' }) }, options);
    // Loaded only now: the SDK is most of this command's start.
    const [{ sendRunbook }, { view, ...kind }] = await Promise.all([import('../remote/send'), load()]);
    const gathered = await sendRunbook<Report>({
      kind: {
        ...kind, work: 'build', instancesTag: BUILD_TAG, shorter: 'run it again, which goes on where this one ended, or take a larger instance',
        omitted: ({ omitted }) => (omitted ? `${omitted} entries of its lists are` : undefined),
      },
      selection: options,
      parameters: all,
    });
    if (gathered.interrupted) return presentInterruption(gathered.interrupted, options);
    return present(gathered, view, options);
  });
}
