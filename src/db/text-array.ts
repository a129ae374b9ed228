/** Formats a list of texts as a PostgreSQL array (PostgreSQL documentation, §8.15.2). */
export function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
