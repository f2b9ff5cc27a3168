import type { Terminal } from '../terminal';
import type { Verdict } from './judge';
import type { Image, ImageList } from './list';
import { patchText } from './patch';

export function renderImages({ region, registry, images, uncatalogued }: ImageList, terminal: Terminal): void {
  terminal.line(terminal.bold(`${images.filter(({ present }) => present).length} of ${images.length} catalogued images are in ${region}`));
  terminal.line(terminal.dim(registry));
  for (const image of images) renderImage(image, terminal);
  const newer = uncatalogued.filter((image) => image.newer);
  if (newer.length) {
    terminal.heading('Newer than the catalogue');
    for (const image of newer) renderImage(image, terminal);
  }
  const others = uncatalogued.length - newer.length;
  if (others) {
    terminal.line();
    terminal.line(terminal.dim(`${others} other ${others === 1 ? 'release is' : 'releases are'} in the registry and not in the catalogue (--json lists them).`));
  }
}

function renderImage(image: Image, terminal: Terminal): void {
  const { repository, tag, present, digest, bytes, pushedAt, patch } = image;
  const sign = !present ? terminal.red('✖') : !patch ? terminal.yellow('?') : patch.past ? terminal.yellow('!') : terminal.green('✔');
  terminal.line();
  terminal.line(`${sign} ${terminal.bold(`${repository}:${tag}`)}`);
  terminal.rows([
    ['image', present ? undefined : 'missing here'],
    ['patches', patch ? patchText(patch) : 'not in the catalogue: see AWS\'s support policy'],
    ['pushed', pushedAt && [pushedAt.slice(0, 10), bytes === undefined ? undefined : `${gigabytes(bytes)} compressed`].filter(Boolean).join(', ')],
    ['digest', digest],
  ]);
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

export function renderCheck({ exitCode, text, image }: Verdict, terminal: Terminal): void {
  terminal.marked([terminal.green('✔'), terminal.red('✖'), terminal.yellow('?')][exitCode], text);
  if (image?.digest) terminal.rows([['digest', image.digest]]);
}
