import type { Image, ImageList } from './list';
import { patchText } from './patch';

export interface Verdict {
  /** 0 present and patched, 1 missing or past its end of patch, 2 the end of its patches is not known. */
  readonly exitCode: 0 | 1 | 2;
  readonly text: string;
  readonly image?: Image;
}

/** Judges one image: a tag, `repository:tag` with or without the registry, or a version. */
export function judge({ images, uncatalogued, region }: ImageList, wanted: string): Verdict {
  const name = wanted.split('/').at(-1) as string;
  const named = [...images, ...uncatalogued].filter(({ repository, tag, version }) => [tag, `${repository}:${tag}`, version].includes(name));
  // A version can have images for EC2 and for SageMaker; the catalogue's is the one that is deployed.
  const image = named.find(({ patch }) => patch) ?? named[0];
  if (!image?.present) {
    const others = images.filter(({ present }) => present).map(({ tag }) => tag).join(', ');
    return { exitCode: 1, text: `${wanted} is not in the registry of ${region}; there are ${others || 'none of the catalogue'}.`, image };
  }
  const place = `${image.repository}:${image.tag} is in the registry of ${region}`;
  if (!image.patch) return { exitCode: 2, text: `${place}, and the catalogue does not know until when it is patched: look at AWS's support policy, https://aws.amazon.com/releasenotes/dlc-support-policy/.`, image };
  if (image.patch.past) return { exitCode: 1, text: `${place}, and past AWS's end of patch (${image.patch.end}).`, image };
  return { exitCode: 0, text: `${place}, and patched: ${patchText(image.patch)}.`, image };
}
