/** A list of texts as PostgreSQL writes arrays (section 8.15.2). */
export function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
