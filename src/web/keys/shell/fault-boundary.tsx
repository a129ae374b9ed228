import { Bug } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { Button } from '../kit/button.tsx'
import { EmptyState } from '../kit/states.tsx'
import { m } from '../messages/current.ts'

/** Shows words in place of a screen that failed, such as one whose script could not be loaded. */
export class FaultBoundary extends Component<
  { readonly children: ReactNode },
  { failed: boolean }
> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? <Fault /> : this.props.children
  }
}

export function Fault() {
  return (
    <EmptyState
      isScreen
      icon={<Bug aria-hidden />}
      title={m.failure.crashedTitle}
      action={<Button onPress={() => location.reload()}>{m.failure.reload}</Button>}
    >
      {m.failure.crashed}
    </EmptyState>
  )
}
