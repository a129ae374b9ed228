/** Formats a list of texts, or of texts and `null`, as a PostgreSQL array (PostgreSQL documentation, §8.15.2). */
export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map((value) => (value === null ? 'null' : `"${value.replace(/[\\"]/g, '\\$&')}"`)).join(',')}}`
}
