import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { filesBelow, hashOf } from './sources.js'

/** A file in the target with the hash of the sources that it was built from, its files, and their hash. */
const stamp = '.build.json'
/** The file that imports the other files of the bundle, whose names change with their content. */
const entry = join('cli', 'main.js')
/** The files of pages. A server reads them when it starts, so nothing reads those of the previous build. */
const pages = /^web[\\/](keys|graphiql)[\\/]/

/** Whether the target was built from those sources and none of its files has changed since. */
export function isUpToDate(target, sources, clean) {
  const last = lastBuild(target)
  if (last?.sources !== sources) return false
  const there = outputsIn(target)
  const files = new Set(there)
  return (
    last.files.every((file) => files.has(file)) &&
    hashOf(target, last.files) === last.hash &&
    !(clean && there.length > last.files.length)
  )
}

/**
 * Moves each file of `built` into `target` by a rename, so that a program that starts at the same time finds
 * complete files. The files of the previous build stay, unless `clean` is set, because a running program may
 * still import some. Files of older builds and of earlier pages are removed.
 */
export function place(built, target, { sources, clean }) {
  const files = filesBelow(built)
  const hash = hashOf(built, files)
  const before = clean ? [] : (lastBuild(target)?.files ?? [])
  for (const file of [...files.filter((file) => file !== entry), entry]) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    renameSync(join(built, file), join(target, file))
  }
  const kept = new Set([...files, ...before.filter((file) => !pages.test(file))])
  for (const file of outputsIn(target)) {
    if (!kept.has(file)) rmSync(join(target, file), { force: true })
  }
  writeFileSync(join(built, stamp), JSON.stringify({ sources, hash, files }))
  renameSync(join(built, stamp), join(target, stamp))
}

/** Removes the folders of builds that were killed. */
export function removeAbandoned(target) {
  const prefix = `${basename(target)}.new-`
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length)))) {
      rmSync(join(dirname(target), name), { recursive: true, force: true })
    }
  }
}

function lastBuild(target) {
  try {
    return JSON.parse(readFileSync(join(target, stamp), 'utf8'))
  } catch {
    return null
  }
}

function outputsIn(target) {
  return filesBelow(target).filter((file) => file !== stamp)
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
