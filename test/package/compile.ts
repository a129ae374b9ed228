import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  types: ['node'],
  // drizzle-orm's own declarations have errors.
  skipLibCheck: true,
}

/**
 * Compiles `files` of the folder `cwd` as modules in strict mode. The folder must have `@types/node`.
 *
 * @param further options of the compiler
 * @returns the compiler's errors; empty: there are none
 */
export async function compile(
  cwd: string,
  files: readonly string[],
  further: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const options = { ...compilerOptions, ...further }
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
  const run = promisify(execFile)
  const compiled = await run(process.execPath, [compiler], { cwd }).catch(({ stdout }) => ({
    stdout,
  }))
  return compiled.stdout
}
