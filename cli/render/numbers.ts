/** Numbers as a reader compares them: three digits that mean something, thousands apart. */
export function figure(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  if (size >= 1e-3) return Number(value.toPrecision(3)).toString();
  return value.toExponential(1).replace('e+', 'e');
}

type Maybe = number | null | undefined;

/** With its unit; nothing where there is no number. */
export function measure(value: Maybe, unit: string): string {
  return value === null || value === undefined ? '' : `${figure(value)} ${unit}`.trim();
}

export function bytes(value: Maybe): string {
  if (value === null || value === undefined) return '';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return measure(value / 1024 ** power, units[power]);
}

/** How many times as much, such as "1.43 ×". */
export function times(value: Maybe): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '' : `${value.toFixed(2)} ×`;
}
