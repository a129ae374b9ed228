import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'

export default function CreateKey() {
  return (
    <Page title={m.list.create} up={{ href: '/', label: m.list.title }} narrow>
      <p>…</p>
    </Page>
  )
}
