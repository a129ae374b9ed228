import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { keyboardOf } from './keyboard.ts'
import { createKey, expectEverywhere, signIn, startedForAll, startKeysPage } from './keys-page.ts'

vi.setConfig({ testTimeout: 240_000 })

describe.skipIf(!hasProgram('chromium'))('the keys page in German', () => {
  const keys = startedForAll(startKeysPage)

  it('speaks German, and is dark if the person wants it', async () => {
    const page = await keys.open({ locale: 'de-DE' })
    await page.getByLabel('Anderer Name').fill('linus')
    await page.getByRole('button', { name: 'Weiter', exact: true }).click()
    await page.getByRole('alert').getByText('Dieser Benutzer ist gelöscht oder gesperrt.').waitFor()
    await signIn(page, 'grace')
    await page.getByRole('heading', { name: 'API-Schlüssel' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toMatch(/^de/)
    const { press, tabTo, expectFocus } = keyboardOf(page)
    await press('Tab')
    await expectFocus('Zum Inhalt springen')
    await tabTo('Darstellung')
    await press('Enter')
    await page.getByRole('menuitemradio', { name: 'Dunkel' }).waitFor()
    await press('ArrowDown')
    await press('ArrowDown')
    await press('Enter')
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
    await page.reload()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.getByRole('heading', { name: 'Erstellen Sie Ihren ersten Schlüssel' }).waitFor()
    await expectEverywhere(page, 'german-empty')
    await page.goto(`${keys.origin}/keys/new`)
    await page.getByText('read:users', { exact: true }).waitFor()
    await page.getByLabel('Name').fill('Bau\u200b')
    await page.getByRole('checkbox', { name: 'read:users' }).check()
    await page.getByRole('button', { name: 'Schlüssel erstellen' }).click()
    await page.getByText('Ein Name hat 1 bis 100 Zeichen in einer Zeile').waitFor()
    await page.context().close()
  })

  let attempts = 0

  it('has room for longer words on each screen', async () => {
    const scopes = ['read:users', 'read:keys', 'write:keys']
    // A second attempt has the keys of the first beside its own.
    const suffix = ++attempts === 1 ? '' : ` ${attempts}`
    const [night, till] = [`Nachtimport${suffix}`, `Kasse${suffix}`]
    const { id, secret } = await createKey(keys, 'ada', { name: night, scopes })
    const expiresAt = new Date(Date.now() + 5 * 86_400_000).toISOString()
    await createKey(keys, 'ada', { name: till, scopes, expiresAt })
    await keys.askWithKey(secret, '{ users { totalCount } }')
    const page = await keys.open({ as: 'ada', locale: 'de' })
    await page.getByRole('link', { name: night }).waitFor()
    await expectEverywhere(page, 'german-list')
    await page.getByRole('checkbox', { name: `${till} auswählen` }).check()
    await page.getByText('1 Schlüssel ausgewählt').waitFor()
    await expectEverywhere(page, 'german-selection')
    await page.getByRole('button', { name: 'Widerrufen …' }).click()
    const revocation = page.getByRole('alertdialog', { name: `„${till}“ widerrufen?` })
    await revocation
      .getByRole('button', { name: 'Schlüssel widerrufen', disabled: false })
      .waitFor()
    await expectEverywhere(page, 'german-revoke')
    const screens: readonly [name: string, path: string, ready: string][] = [
      ['new', '/new', 'read:users'],
      ['key', `/${id}`, 'Schlüssel erstellt'],
      ['sessions', '/sessions', 'Dieser Browser'],
      ['users', '/admin', 'Gesperrt'],
      ['health', '/admin/health', 'Läuft bald ab'],
      ['audit', '/admin/audit', 'Schlüssel erstellt'],
    ]
    for (const [name, path, ready] of screens) {
      await page.goto(`${keys.origin}/keys${path}`)
      await page.getByText(ready, { exact: true }).last().waitFor()
      await expectEverywhere(page, `german-${name}`)
    }
    await page.goto(`${keys.origin}/keys/${id}`)
    await page.getByRole('button', { name: 'Erneuern' }).click()
    const question = page.getByRole('dialog', { name: 'Geheimnis erneuern?' })
    await question.waitFor()
    await expectEverywhere(page, 'german-rotate')
    await question.getByRole('button', { name: 'Erneuern' }).click()
    await page.getByRole('heading', { name: `„${night}“ hat ein neues Geheimnis` }).waitFor()
    await expectEverywhere(page, 'german-secret')
    await page.getByRole('button', { name: 'Schlüssel kopieren' }).click()
    await page.getByRole('button', { name: 'Fertig' }).click()
    await page.getByText('Wird erneuert', { exact: true }).waitFor()
    await expectEverywhere(page, 'german-rotating')
    await page.goto(`${keys.origin}/keys/admin`)
    await page.getByRole('link', { name: 'ada' }).click()
    await page.getByRole('link', { name: till }).waitFor()
    await expectEverywhere(page, 'german-user')
    await page.context().close()
  })
})
