/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `×` for a ratio, `s` for seconds, `MB` for a million bytes. */
  readonly unit: '×' | 's' | 'MB';
  /** What is to be reached; none for a figure that explains another. */
  readonly goal?: { readonly most?: number; readonly least?: number };
  /** The runs behind it, in seconds or as the script says. */
  readonly details: { readonly [name: string]: unknown };
}

/** Whether a figure reaches its goal. */
export function reached({ value, goal }: Figure): boolean | undefined {
  return goal && value <= (goal.most ?? Infinity) && value >= (goal.least ?? -Infinity);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
