import { isPast } from '../../lib/end-of-support';
import type { Patch } from './list';

const day = 24 * 60 * 60 * 1000;

/** How an end of patch, a day, a month or a year, stands to a moment. */
export function patchOf(end: string, now = new Date()): Patch {
  return { end, past: isPast(end, now), daysLeft: Math.round((lastDay(end) - Date.parse(now.toISOString().slice(0, 10))) / day) };
}

function lastDay(end: string): number {
  const [year, month, date] = end.split('-').map(Number);
  if (date !== undefined) return Date.UTC(year, month - 1, date);
  // Day 0 of a month is the last of the one before.
  return month === undefined ? Date.UTC(year, 12, 0) : Date.UTC(year, month, 0);
}

export function patchText({ end, past, daysLeft }: Patch): string {
  if (past) return `past (${end})`;
  return daysLeft === 0 ? `ends today (${end})` : `${daysLeft} ${daysLeft === 1 ? 'day' : 'days'} left (${end})`;
}
