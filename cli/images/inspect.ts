import { ECRClient, type ImageDetail, RepositoryNotFoundException, paginateDescribeImages } from '@aws-sdk/client-ecr';
import { containerRegistries } from '../../lib/serving/container-registries';
import { DEEP_LEARNING_CONTAINERS } from '../../lib/serving/released-containers';
import { explain, regionFrom } from '../aws-errors';
import { CannotTell } from '../cannot-tell';
import type { Image, ImageList } from './list';
import { patchOf } from './patch';

/** Tags of releases; builds and dates of the same release follow such a name. */
const release = /^(\d+\.\d+(?:\.\d+)?)-cpu-py\d+-ubuntu[\d.]+-(?:ec2|sagemaker)$/;

export async function inspectRegistry(option: string | undefined, now = new Date()): Promise<ImageList> {
  let region = regionFrom(option);
  try {
    const client = new ECRClient({ region });
    region = await client.config.region();
    const registry = containerRegistries()[region];
    if (!registry) {
      throw new CannotTell(`AWS's containers have no known registry in region "${region}": choose one of ${Object.keys(containerRegistries()).sort().join(', ')} with --region.`);
    }
    const repositories = [...new Set(DEEP_LEARNING_CONTAINERS.map(({ repository }) => repository))];
    const found = new Map(await Promise.all(repositories.map(async (name) => [name, await tagged(client, registry.account, name)] as const)));
    const images = DEEP_LEARNING_CONTAINERS.map(({ version, repository, tag, endOfPatch }): Image => ({
      ...imageOf(repository, tag, version, found.get(repository)?.get(tag)), patch: patchOf(endOfPatch, now),
    }));
    return { schemaVersion: 1, region, registry: registry.host, images, uncatalogued: uncatalogued(found) };
  } catch (error) {
    return explain(error, region);
  }
}

/** The images of a repository by their tags; none where the region lacks the repository. */
async function tagged(client: ECRClient, registryId: string, repositoryName: string): Promise<Map<string, ImageDetail>> {
  const images = new Map<string, ImageDetail>();
  try {
    for await (const page of paginateDescribeImages({ client }, { registryId, repositoryName, filter: { tagStatus: 'TAGGED' }, maxResults: 1000 })) {
      for (const image of page.imageDetails ?? []) for (const tag of image.imageTags ?? []) images.set(tag, image);
    }
  } catch (error) {
    if (!(error instanceof RepositoryNotFoundException)) throw error;
  }
  return images;
}

function imageOf(repository: string, tag: string, version: string, detail: ImageDetail | undefined): Image {
  return {
    version, repository, tag, present: detail !== undefined, digest: detail?.imageDigest, bytes: detail?.imageSizeInBytes, pushedAt: detail?.imagePushedAt?.toISOString(),
  };
}

function uncatalogued(found: ReadonlyMap<string, ReadonlyMap<string, ImageDetail>>): Image[] {
  const newest = DEEP_LEARNING_CONTAINERS.map(({ version }) => version).sort(byVersion).at(-1) as string;
  return [...found].flatMap(([repository, images]) => [...images].flatMap(([tag, detail]): Image[] => {
    const [, version] = release.exec(tag) ?? [];
    const known = DEEP_LEARNING_CONTAINERS.some((one) => one.repository === repository && one.tag === tag);
    return version === undefined || known ? [] : [{ ...imageOf(repository, tag, version, detail), newer: byVersion(version, newest) > 0 }];
  })).sort((a, b) => byVersion(b.version, a.version) || a.tag.localeCompare(b.tag));
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
