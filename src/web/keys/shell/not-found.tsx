import { Compass } from 'lucide-react'
import { ButtonLink } from '../kit/button.tsx'
import { m } from '../messages/current.ts'
import { EmptyPage } from './page.tsx'

/** The screen of an address that leads nowhere. */
export function NotFound() {
  return (
    <EmptyPage
      icon={<Compass aria-hidden />}
      title={m.notFound.title}
      action={<ButtonLink href="/">{m.notFound.action}</ButtonLink>}
    >
      {m.notFound.text}
    </EmptyPage>
  )
}
