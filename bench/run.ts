import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import Table from 'cli-table3';
import { analyze } from './analyze';
import { bootOverhead } from './boot-overhead';
import { diagnosis } from './diagnosis';
import { reached, type Figure } from './figures';
import { modelServer } from './model-server';
import { optimization } from './optimization';
import { sweep } from './sweep';
import { synth } from './synth';

/** The scripts by name: `npm run bench -- synth` runs one. */
const SCRIPTS: Record<string, () => Figure[]> = {
  synth: () => synth(),
  boot: () => [bootOverhead()],
  'model-server': () => modelServer(),
  analyze: () => analyze(),
  diagnosis: () => [diagnosis()],
  optimization: () => optimization(),
  sweep: () => [sweep()],
};

function main(names: string[]): void {
  const unknown = names.find((name) => !(name in SCRIPTS));
  if (unknown !== undefined) {
    throw new Error(`bench: got "${unknown}"; allowed are ${Object.keys(SCRIPTS).join(', ')}.`);
  }
  const figures = (names.length > 0 ? names : Object.keys(SCRIPTS)).flatMap((name) => {
    process.stderr.write(`measuring ${name} …\n`);
    return SCRIPTS[name]();
  });
  const table = new Table({ head: ['figure', 'measured', 'to reach', ''], colAligns: ['left', 'right', 'right', 'left'], style: { head: [], border: [] } });
  for (const figure of figures) {
    const { goal } = figure;
    const wanted = goal?.most !== undefined ? `≤ ${goal.most} ${figure.unit}` : goal?.least !== undefined ? `≥ ${goal.least} ${figure.unit}` : '';
    table.push([figure.name, `${figure.value} ${figure.unit}`, wanted, { true: 'reached', false: 'NOT reached' }[String(reached(figure))] ?? '']);
  }
  console.log(table.toString());
  if (names.length === 0) {
    const machine = { cpu: os.cpus()[0].model, vCpus: os.cpus().length, architecture: os.arch(), node: process.version };
    const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
    writeFileSync(path.join(__dirname, 'results.json'), `${JSON.stringify({ date: new Date().toISOString(), commit, machine, figures }, null, 2)}\n`);
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
