/** What `graviton-tf images --json` prints. */
export interface ImageList {
  readonly schemaVersion: 1;
  readonly region: string;
  /** The registry's host. */
  readonly registry: string;
  /** The catalogue's images, in its order. */
  readonly images: readonly Image[];
  /** Releases in the registry that the catalogue lacks, the newest first. */
  readonly uncatalogued: readonly Image[];
}

export interface Image {
  readonly version: string;
  readonly repository: string;
  readonly tag: string;
  readonly present: boolean;
  readonly digest?: string;
  /** Compressed, as it is pulled. */
  readonly bytes?: number;
  /** ISO 8601. */
  readonly pushedAt?: string;
  /** Newer than all that the catalogue knows. */
  readonly newer?: boolean;
  /** Unknown where the catalogue lacks the image. */
  readonly patch?: Patch;
}

export interface Patch {
  /** A day, a month or a year. */
  readonly end: string;
  readonly past: boolean;
  /** Until the end of that day, month or year; negative once it is past. */
  readonly daysLeft: number;
}
