import { CloudOff } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { showsOld, subscribeToLost, tryAgain } from '../graphql/recovery.ts'
import { Button } from '../kit/button.tsx'
import { m } from '../messages/current.ts'

/** Says that the content may be out of date, while the server does not answer. */
export function OldNotice() {
  const isOld = useSyncExternalStore(subscribeToLost, showsOld, showsOld)
  return (
    <div className="old-notice" role="status">
      {isOld && (
        <div className="note" data-tone="warning">
          <CloudOff aria-hidden />
          <p>{m.failure.old}</p>
          <Button size="small" onPress={tryAgain}>
            {m.retry}
          </Button>
        </div>
      )}
    </div>
  )
}
