import { mkdirSync, readFileSync, rmSync, writeFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { cache, say } from './run.mjs';

const path = join(cache, 'prepare.lock');

/** A process by its number and its start time, because numbers are used again. */
function identity(pid) {
  try {
    // Field 22; the name in field 2 may hold spaces and brackets, so count from behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}

function tryLock() {
  // Written aside and linked: a lock is never seen without its owner.
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, identity(process.pid));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function owner() {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Two preparations at once (two terminals, CI) take turns; the lock of a killed one is taken over. */
export async function withLock(work) {
  mkdirSync(cache, { recursive: true });
  let told = false;
  while (!tryLock()) {
    const holder = owner();
    if (holder === undefined) continue;
    if (identity(holder.split(' ')[0]) !== holder) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) say(`waiting for the preparation that process ${holder.split(' ')[0]} is doing …`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    release();
    process.off('exit', release);
  }
}
