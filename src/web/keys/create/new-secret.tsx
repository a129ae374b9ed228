import { Eye, EyeOff, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { Button } from '../kit/button.tsx'
import { CopyButton } from '../kit/copy-button.tsx'
import { Question } from '../kit/dialog.tsx'
import { shortDate } from '../kit/time.tsx'
import { m } from '../messages/current.ts'
import { Page } from '../shell/page.tsx'
import type { CreatedKey } from './created-key.ts'
import { SecretSnippets } from './secret-snippets.tsx'
import { useLeaveGuard } from './use-leave-guard.ts'

/** Shows a secret once. To leave asks whether it was saved. */
export default function NewSecret(props: {
  readonly created: CreatedKey
  readonly title: string
  /** The path below the page that follows. */
  readonly next?: string
  readonly onLeave?: () => void
}) {
  const { created, title, next = '/', onLeave } = props
  const { id, start, secret, expiresAt, scopes } = created
  const [isShown, setShown] = useState(false)
  const [isSaved, setSaved] = useState(false)
  const [target, setTarget] = useState<string | null>(null)
  const [, navigate] = useLocation()
  const shown = isShown ? secret : masked(start, secret)
  useLeaveGuard(setTarget)

  // The entry of the form is replaced, so that the way back does not lead here.
  function leave(to: string) {
    navigate(to, { replace: true })
    onLeave?.()
  }

  return (
    <Page title={title} lead={m.secret.lead} narrow>
      <div className="note" data-tone="warning">
        <TriangleAlert aria-hidden />
        <p>{m.secret.once}</p>
      </div>
      <div className="card secret">
        <code className="secret-text" translate="no">
          {shown}
        </code>
        <div className="secret-actions">
          <Button
            icon={isShown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
            onPress={() => setShown(!isShown)}
          >
            {isShown ? m.secret.hide : m.secret.reveal}
          </Button>
          <CopyButton
            text={secret}
            what={m.secret.key}
            label={m.secret.copy}
            look={isSaved ? 'secondary' : 'primary'}
            size="medium"
            onCopied={() => setSaved(true)}
          />
        </div>
        <p className="muted">
          {expiresAt === null ? m.secret.never : m.secret.expires(shortDate(expiresAt))}
          {' · '}
          {m.create.selected(scopes.length)}
        </p>
      </div>
      <h2 className="snippets-title">{m.secret.use}</h2>
      <SecretSnippets secret={secret} shown={shown} onCopied={() => setSaved(true)} />
      <div className="form-actions">
        <Button
          look={isSaved ? 'primary' : 'secondary'}
          onPress={() => (isSaved ? leave(next) : setTarget(next))}
        >
          {m.secret.done}
        </Button>
      </div>
      {target !== null && (
        <LeaveQuestion id={id} onLeave={() => leave(target)} onStay={() => setTarget(null)} />
      )}
    </Page>
  )
}

function LeaveQuestion(props: {
  readonly id: string
  readonly onLeave: () => void
  readonly onStay: () => void
}) {
  return (
    <Question
      title={m.secret.leaveTitle}
      action={m.secret.leave}
      cancel={m.secret.stay}
      onAction={props.onLeave}
      onClose={props.onStay}
    >
      <p>{m.secret.leaveText}</p>
      <p className="muted">
        {m.secret.lost} <code>{props.id}</code>
      </p>
    </Question>
  )
}

/** Returns the public part of a key, and dots in place of the rest. */
function masked(start: string, secret: string): string {
  return `${start}_${'•'.repeat(Math.max(0, secret.length - start.length - 1))}`
}
