import { expect, it } from 'vitest'
import { configurationPage } from './configuration-page.ts'

/** `npx vitest run --config test/vitest.config.ts --project source test/docs/configuration.test.ts -u` writes it. */
it('docs/configuration.md is what the code generates', async () => {
  await expect(configurationPage()).toMatchFileSnapshot('../../docs/configuration.md')
})
