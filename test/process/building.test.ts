import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/server-process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
/** A separate clone, because other tests run the build of this one. */
const clone = temporaryFolder()
const dist = join(clone, 'dist')
const main = join(dist, 'cli/main.js')
const builds = { first: join(clone, 'first'), second: join(clone, 'second') }

const build = () => run(process.execPath, [join(clone, '.build/build.js')], { cwd: clone })
const chunksIn = (folder: string) =>
  readdirSync(join(folder, 'cli')).filter((name) => name.startsWith('chunk-'))
/** The time and the inode of each file, which show whether a build wrote it again. */
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
    const { mtimeMs, ino } = statSync(join(folder, name))
    return { name, mtimeMs, ino }
  })

// A build takes seconds of a processor that other tests may want too.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

beforeAll(async () => {
  const copied = ['src', '.build', 'drizzle', 'tsconfig.json', 'package.json', 'schema.graphql']
  for (const name of copied) {
    cpSync(join(root, name), join(clone, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  // Its build is the first one here: `npm test` has just made sure that it is there.
  cpSync(join(root, 'dist'), dist, { recursive: true })
  await build()
})
afterAll(() => rmSync(clone, { recursive: true, force: true }))

it('does nothing while the sources stay the same', async () => {
  const before = filesIn(dist)
  await build()
  expect(filesIn(dist)).toEqual(before)
  const file = join(dist, 'index.js')
  const text = readFileSync(file)
  const { isUpToDate } = await import(pathToFileURL(join(clone, '.build/target.js')).href)
  const { sources } = JSON.parse(readFileSync(join(dist, '.build.json'), 'utf8'))
  expect(isUpToDate(dist, sources, false)).toBe(true)
  rmSync(file)
  expect(isUpToDate(dist, sources, false)).toBe(false)
  writeFileSync(file, `${text}//`)
  expect(isUpToDate(dist, sources, false)).toBe(false)
  writeFileSync(file, text)
})

it('keeps the last build when the sources do not compile', async () => {
  const before = filesIn(dist)
  const file = join(clone, 'src/errors.ts')
  const text = readFileSync(file)
  appendFileSync(file, 'export const wrong: number = "text"\n')
  await expect(build()).rejects.toMatchObject({ code: 1 })
  expect(filesIn(dist)).toEqual(before)
  expect(readdirSync(clone).filter((name) => name.startsWith('dist'))).toEqual(['dist'])
  writeFileSync(file, text)
})

it('builds changed sources and keeps the files of the previous build', async () => {
  cpSync(dist, builds.first, { recursive: true })
  const changed = "Reflect.set(globalThis, 'latchkeyBuild', 'second')\n"
  appendFileSync(join(clone, 'src/errors.ts'), changed)
  await build()
  cpSync(dist, builds.second, { recursive: true })
  const [first, second] = [chunksIn(builds.first), chunksIn(builds.second)]
  expect(second).toEqual(expect.arrayContaining(first))
  expect(second.length).toBeGreaterThan(first.length)
  expect((await run(process.execPath, [main, '--version'])).stdout).toMatch(/^\d/)
})

it('removes the files of the previous page, but not the modules of the previous build', async () => {
  const { place } = await import(pathToFileURL(join(clone, '.build/target.js')).href)
  const target = join(clone, 'small')
  for (const build of ['first', 'second']) {
    const built = join(clone, `small.new-${build}`)
    for (const file of ['cli/main.js', `cli/${build}.js`, `web/keys/assets/${build}.js`]) {
      mkdirSync(dirname(join(built, file)), { recursive: true })
      writeFileSync(join(built, file), build)
    }
    place(built, target, { sources: build, clean: false })
  }
  expect(readdirSync(join(target, 'cli'))).toEqual(['first.js', 'main.js', 'second.js'])
  expect(readdirSync(join(target, 'web/keys/assets'))).toEqual(['second.js'])
})

it('never prevents the command line from starting, during several builds', async () => {
  // The command starts often enough to meet each phase of a build.
  const program = `
    import { cpSync, rmSync } from 'node:fs'
    import { place } from ${JSON.stringify(pathToFileURL(join(clone, '.build/target.js')).href)}
    const [first, second, dist] = process.argv.slice(1)
    for (let n = 0; n < 10; n++) {
      const built = dist + '.new-' + process.pid
      cpSync((n % 2 ? second : first) + '/cli', built + '/cli', { recursive: true })
      place(built, dist, { sources: String(n), clean: false })
      rmSync(built, { recursive: true })
    }`
  const words = ['--input-type=module', '-e', program, builds.first, builds.second, dist]
  const builder = spawn(process.execPath, words, { stdio: 'inherit' })
  let ended: unknown
  void once(builder, 'exit').then(([code]) => {
    ended = code
  })
  let started = 0
  while (ended === undefined) {
    // The second start imports a file that the command loads later.
    for (const command of ['--version', 'schema']) await run(process.execPath, [main, command])
    started++
  }
  expect(ended).toBe(0)
  expect(started).toBeGreaterThan(1)
})
