import { spawnSync } from 'node:child_process';
import { Stop } from './run.mjs';

export const oldest = 10;
export const newest = 13;

const probe = `
import importlib.util, json, platform, sys
print(json.dumps({
    "executable": sys.executable, "major": sys.version_info[0], "minor": sys.version_info[1],
    "version": platform.python_version(), "glibc": platform.libc_ver()[0] == "glibc",
    "lacks": [m for m in ("venv", "ensurepip") if importlib.util.find_spec(m) is None]}))
`;

function ask(command) {
  // -I: not the caller's PYTHONPATH. A version manager's shim exists for versions that it then refuses to run.
  const answer = spawnSync(command, ['-I', '-c', probe], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 });
  try {
    return { command, ...JSON.parse(answer.stdout || 'no answer') };
  } catch {
    return undefined;
  }
}

/** The first Python that will do: $PYTHON, python3, then the newest by name. */
export function findPython() {
  const names = ['python3'];
  for (let minor = newest; minor >= oldest; minor--) names.push(`python3.${minor}`);
  const wanted = process.env.PYTHON;
  const seen = [];
  for (const name of wanted ? [wanted] : names) {
    const found = ask(name);
    if (!found) continue;
    seen.push(found);
    if (found.major === 3 && found.minor >= oldest && found.minor <= newest && found.glibc && !found.lacks.length) return found;
  }
  throw new Stop(reason(wanted, seen));
}

function reason(wanted, seen) {
  const range = `Python 3.${oldest} to 3.${newest} with venv and ensurepip`;
  const fix = 'install one (Debian, Ubuntu: apt-get install python3 python3-venv) or name one in $PYTHON';
  if (!seen.length) {
    return wanted
      ? `graviton-tensorflow needs ${range}, and $PYTHON (${wanted}) is no Python that runs.`
      : `graviton-tensorflow needs ${range}, and no python3 was found: ${fix}.`;
  }
  const found = seen.map((python) => {
    const lacks = python.lacks.length ? ` without ${python.lacks.join(' and ')}` : '';
    const libc = python.glibc ? '' : ' without glibc, which TensorFlow\'s wheels need';
    return `${python.command} is ${python.version}${lacks}${libc}`;
  });
  return `graviton-tensorflow needs ${range}, but ${found.join(', ')}: ${fix}.`;
}
