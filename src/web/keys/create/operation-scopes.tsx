import { FileUp, TriangleAlert } from 'lucide-react'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import { Button } from '../kit/button.tsx'
import { TextField } from '../kit/fields.tsx'
import { visibleText } from '../kit/visible.ts'
import { m } from '../messages/current.ts'
import { AnalysisResult } from './analysis-result.tsx'
import { neededScopes } from './operations.ts'
import { useAnalysis } from './use-analysis.ts'

const maxFileBytes = 256 * 1024
const isRead = ({ name, size }: File) => /\.(graphqls?|gql)$/i.test(name) && size <= maxFileBytes
const example = 'query Users {\n  users(first: 10) {\n    nodes { subject }\n  }\n}'

/** Finds the scopes that operations require, so that a key has exactly those. */
export function OperationScopes(props: {
  readonly held: ReadonlySet<string>
  /** Is called with the scopes that the operations need and the person holds: none without an analysis. */
  readonly onFound: (scopes: readonly string[]) => void
}) {
  const { held, onFound } = props
  const [document, setDocument] = useState('')
  const [ignored, setIgnored] = useState<readonly string[]>([])
  const [isOver, setOver] = useState(false)
  const [analysis, retry] = useAnalysis(document)
  const result = useRef<HTMLDivElement>(null)
  const found =
    analysis === null ? [] : neededScopes(analysis, held).filter((scope) => held.has(scope))
  const key = found.join(' ')

  useEffect(() => {
    onFound(key === '' ? [] : key.split(' '))
    return () => onFound([])
  }, [key, onFound])
  useEffect(() => {
    if (analysis !== null) result.current?.scrollIntoView({ block: 'nearest' })
  }, [analysis])

  async function add(list: Iterable<File>) {
    const files = [...list]
    setIgnored(files.filter((file) => !isRead(file)).map(({ name }) => name))
    const texts = await Promise.all(files.filter(isRead).map((file) => file.text()))
    setDocument((before) => [before.trim(), ...texts].filter((text) => text !== '').join('\n\n'))
  }

  function onDrop(event: DragEvent) {
    event.preventDefault()
    setOver(false)
    void add(event.dataTransfer.files)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button below does the same
    <div
      className="operation"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <TextField
        label={m.create.document}
        hint={m.create.documentHint}
        rows={8}
        mono
        isRequired
        placeholder={example}
        value={document}
        onChange={setDocument}
      />
      <FileButton onFiles={(files) => void add(files)} />
      {ignored.length > 0 && (
        <div className="note" data-tone="warning" role="alert">
          <TriangleAlert aria-hidden />
          <p>
            {m.create.ignoredFiles} <bdi>{visibleText(ignored.join(', '))}</bdi>
          </p>
        </div>
      )}
      <div ref={result} className="analyses" aria-live="polite">
        {document.trim() !== '' &&
          (analysis === null ? (
            <p className="muted">{m.create.checking}</p>
          ) : (
            <AnalysisResult analysis={analysis} held={held} onRetry={retry} />
          ))}
      </div>
    </div>
  )
}

function FileButton({ onFiles }: { readonly onFiles: (files: Iterable<File>) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <div>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept=".graphql,.gql"
        onChange={({ target }) => {
          onFiles(target.files ?? [])
          // The same file can be chosen again.
          target.value = ''
        }}
      />
      <Button size="small" icon={<FileUp aria-hidden />} onPress={() => input.current?.click()}>
        {m.create.chooseFiles}
      </Button>
    </div>
  )
}
