import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { packageRoot } from '../package-root';

/** What a TensorFlow needs of a machine image. @internal */
export interface TensorFlowNeeds {
  /** As errors name it, such as `TensorFlow 2.20.0`. */
  readonly name: string;
  /** Minor versions of Python 3, oldest and newest. */
  readonly pythons: readonly [oldest: number, newest: number];
  /** Minor version of the oldest glibc 2. */
  readonly glibc: number;
}

interface MachineImageRow {
  readonly distribution: string;
  readonly name: string;
  readonly pythons: readonly number[];
  readonly glibc: number;
}

interface ReleaseRow {
  readonly from: number;
  readonly pythons: readonly [oldest: number, newest: number];
  readonly glibc: number;
}

/** `3.10` as 10: no second major version is in sight, neither of Python 3, glibc 2 nor TensorFlow 2. */
const minorOf = (version: string): number => Number(version.split('.')[1]);

/** The rows of a kind in `userdata/phases/compatibility.txt`, the one place of these rules, which the boot reads too. */
function rows(kind: string): string[][] {
  const lines = readFileSync(path.join(packageRoot(), 'userdata', 'phases', 'compatibility.txt'), 'utf8').split('\n');
  return lines.map((line) => line.split(/ +/)).filter(([first]) => first === kind).map(([, ...cells]) => cells);
}

function releases(): ReleaseRow[] {
  const server = minorOf(rows('server')[0][0]);
  return rows('release').map(([from, oldest, newest, glibc]) => ({
    from: minorOf(from), pythons: [Math.max(minorOf(oldest), server), minorOf(newest)], glibc: minorOf(glibc),
  }));
}

function machineImages(): MachineImageRow[] {
  return rows('image').map(([distribution, glibc, pythons, ...name]) => ({
    distribution, name: name.join(' '), pythons: pythons.split(',').map(minorOf), glibc: minorOf(glibc),
  }));
}

/**
 * What a release from PyPI needs.
 *
 * @param version such as `2.20.0`, of the first supported release or later
 * @internal
 */
export function needsOfRelease(version: string): TensorFlowNeeds {
  const row = releases().filter(({ from }) => from <= minorOf(version)).pop()!;
  return { name: `TensorFlow ${version}`, pythons: row.pythons, glibc: row.glibc };
}

/**
 * Refuses a TensorFlow on a machine image that has no Python for it, or too old a glibc.
 *
 * @param distribution the machine image by its `ID` and `VERSION_ID`, such as `ubuntu-24.04`; undefined for one that
 * this library does not know, which the boot checks
 * @throws one sentence that names the release, the image, and what is allowed instead
 * @internal
 */
export function checkMachineImage(needs: TensorFlowNeeds, distribution: string | undefined): void {
  const images = machineImages();
  const image = images.find((row) => row.distribution === distribution);
  if (image === undefined || runsOn(needs, image)) {
    return;
  }
  const others = images.filter((row) => runsOn(needs, row)).map(({ name }) => name);
  const [oldest, newest] = needs.pythons;
  const python = oldest === newest ? `Python 3.${oldest}` : `Python 3.${oldest} to 3.${newest}`;
  throw new Error(
    `runtime: got ${needs.name} on ${image.name}, which has ${image.pythons.map((minor) => `Python 3.${minor}`).join(', ')} and glibc 2.${image.glibc}; `
    + `allowed is a machine image with ${python} and glibc 2.${needs.glibc} or later${others.length > 0 ? `, such as ${others.join(' or ')}` : ''}${fittingReleases(image)}.`,
  );
}

function runsOn({ pythons: [oldest, newest], glibc }: Pick<TensorFlowNeeds, 'pythons' | 'glibc'>, image: MachineImageRow): boolean {
  return glibc <= image.glibc && image.pythons.some((minor) => minor >= oldest && minor <= newest);
}

/** `, or on this one TensorFlow 2.16 or later`: no release has yet come that an image's newest Python is too new for after one that it was not. */
function fittingReleases(image: MachineImageRow): string {
  const first = releases().find((row) => runsOn(row, image));
  return first === undefined ? '' : `, or on this one TensorFlow 2.${first.from} or later`;
}
