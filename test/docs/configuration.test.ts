import { expect, it } from 'vitest'
import { configurationPage } from './configuration-page.ts'

/** `npx vitest run --config test/vitest.config.ts --project source test/docs/configuration.test.ts -u` writes it. */
it('docs/configuration.md is what the code generates', async () => {
  expect(configurationPage()).toContain('| 4000 | 0 to 65535 |')
  await expect(configurationPage()).toMatchFileSnapshot('../../docs/configuration.md')
})
