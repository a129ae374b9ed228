import { Ban, CircleCheck } from 'lucide-react'
import { Badge } from '../kit/badge.tsx'
import { m } from '../messages/current.ts'

export function UserStatus({ status }: { readonly status: 'ACTIVE' | 'SUSPENDED' }) {
  const isActive = status === 'ACTIVE'
  return (
    <Badge
      tone={isActive ? 'good' : 'bad'}
      icon={isActive ? <CircleCheck aria-hidden /> : <Ban aria-hidden />}
    >
      {m.admin.statuses[status]}
    </Badge>
  )
}
