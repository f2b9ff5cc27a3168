/** A runbook's parameters as Run Command takes them; what was not given stays at the document's default. */
export function parametersOf(values: Readonly<Record<string, string | number | boolean | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
}
