import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { printSdl } from '../../src/pothos/index.ts'
import { createSchema } from '../../src/schema/index.ts'
import { containsSdl } from '../support/sdl.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('schema.graphql contains the target schema', () => {
  expect(containsSdl(read('../../schema.graphql'), read('../support/target.graphql'))).toEqual([])
})

it('schema.graphql is the output of the code', () => {
  expect(read('../../schema.graphql')).toBe(printSdl(createSchema()))
})
