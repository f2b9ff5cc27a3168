/**
 * The same value without control characters in its strings: what a report quotes from logs and processes may
 * hold escapes that would drive the reader's terminal.
 */
export function printable<Value>(value: Value): Value {
  if (typeof value === 'string') return value.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd') as Value;
  if (Array.isArray(value)) return value.map(printable) as Value;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [printable(name), printable(inner)])) as Value;
  }
  return value;
}
