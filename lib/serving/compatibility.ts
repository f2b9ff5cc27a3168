import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { packageRoot } from '../package-root';

/** What a TensorFlow needs of a machine image. @internal */
export interface TensorFlowNeeds {
  /** As errors name it, such as `TensorFlow 2.20.0`. */
  readonly name: string;
  /** Minor versions of Python 3, oldest and newest. */
  readonly pythons: readonly [oldest: number, newest: number];
  /** Minor version of the oldest glibc 2; 0 where any may do. */
  readonly glibc: number;
  /** Whether it is a file that was built for one Python, not a release that has a wheel for each. */
  readonly wheelFile?: boolean;
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

/** Minor version of the oldest Python 3 that the model server runs on. @internal */
export const serverPython = (): number => minorOf(rows('server')[0][0]);

function releases(): ReleaseRow[] {
  const server = serverPython();
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
  const [oldest, newest] = needs.pythons;
  const wanted = [oldest === newest ? `Python 3.${oldest}` : `Python 3.${oldest} to 3.${newest}`, ...(needs.glibc > 0 ? [`glibc 2.${needs.glibc} or later`] : [])];
  const others = images.filter((row) => runsOn(needs, row)).map(({ name }) => name);
  const instead = [
    `a machine image with ${wanted.join(' and ')}${others.length > 0 ? `, such as ${others.join(' or ')}` : ''}`,
    ...(needs.wheelFile ? fittingWheels(image) : fittingReleases(image)).map((fitting) => `on this one ${fitting}`),
  ];
  throw new Error(
    `runtime: got ${needs.name} on ${image.name}, which has ${image.pythons.map((minor) => `Python 3.${minor}`).join(', ')} and glibc 2.${image.glibc}; `
    + `allowed is ${instead.join(', or ')}.`,
  );
}

function runsOn({ pythons: [oldest, newest], glibc }: Pick<TensorFlowNeeds, 'pythons' | 'glibc'>, image: MachineImageRow): boolean {
  return glibc <= image.glibc && image.pythons.some((minor) => minor >= oldest && minor <= newest);
}

/** No release has come yet that an image is too old for after one that it was not. */
function fittingReleases(image: MachineImageRow): string[] {
  return releases().filter((row) => runsOn(row, image)).slice(0, 1).map(({ from }) => `TensorFlow 2.${from} or later`);
}

function fittingWheels(image: MachineImageRow): string[] {
  const pythons = image.pythons.filter((minor) => minor >= serverPython()).map((minor) => `3.${minor}`);
  return pythons.length > 0 ? [`a wheel for Python ${pythons.join(' or ')}`] : [];
}
