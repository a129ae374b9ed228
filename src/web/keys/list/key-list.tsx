import { Plus } from 'lucide-react'
import { ButtonLink } from '../kit/button.tsx'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'

export function KeyList() {
  return (
    <Page
      title={m.list.title}
      lead={m.list.lead}
      actions={
        <ButtonLink href="/new" look="primary" icon={<Plus aria-hidden />}>
          {m.list.create}
        </ButtonLink>
      }
    >
      <p>…</p>
    </Page>
  )
}
