/**
 * Whether something is no longer supported after a date, which is a day (`2024-09-26`), a month
 * (`2024-07`) or a year (`2023`): the last day, month or year is still supported.
 *
 * @internal
 */
export function isPast(date: string, now: Date = new Date()): boolean {
  // ISO dates sort as text, so comparing as much of today as the date tells decides.
  return now.toISOString().slice(0, date.length) > date;
}
