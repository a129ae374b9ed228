import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { m } from '../messages/current.ts'
import { Button, type ButtonProps, IconButton } from './button.tsx'
import { copyText } from './copy.ts'

/** Copies a text. `what` names it in the announcement. */
export function CopyButton(props: {
  readonly text: string
  readonly what: string
  readonly label?: string
  readonly look?: ButtonProps['look']
  readonly size?: ButtonProps['size']
  readonly onCopied?: () => void
}) {
  const { text, what, label, look = 'ghost', size = 'small', onCopied } = props
  const [copied, setCopied] = useState(false)

  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])

  async function copy() {
    if (!(await copyText(text, what))) return
    setCopied(true)
    onCopied?.()
  }

  const icon = copied ? <Check aria-hidden /> : <Copy aria-hidden />
  return label === undefined ? (
    <IconButton
      label={copied ? m.copied : `${m.copy}: ${what}`}
      icon={icon}
      look={look}
      size={size}
      onPress={copy}
    />
  ) : (
    <Button icon={icon} look={look} size={size} onPress={copy}>
      {copied ? m.copied : label}
    </Button>
  )
}
