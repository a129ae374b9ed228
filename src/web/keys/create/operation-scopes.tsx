import { CircleCheck, FileUp, TriangleAlert } from 'lucide-react'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { Button } from '../kit/button.tsx'
import { TextField } from '../kit/fields.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import { type Analysis, analyse, scopesToTake } from './operations.ts'

const maxFileBytes = 256 * 1024
const example = 'query Users {\n  users(first: 10) {\n    nodes { subject }\n  }\n}'

/** Finds the scopes that operations require, so that a key has exactly those. */
export function OperationScopes(props: {
  readonly held: ReadonlySet<string>
  readonly onTake: (scopes: readonly string[]) => void
}) {
  const { held, onTake } = props
  const [document, setDocument] = useState('')
  const [isOver, setOver] = useState(false)
  const analyses = useAnalyses(document)
  const input = useRef<HTMLInputElement>(null)

  async function add(files: Iterable<File>) {
    const texts = await Promise.all(
      [...files].filter(({ size }) => size <= maxFileBytes).map((file) => file.text()),
    )
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
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept=".graphql,.gql"
        onChange={({ target }) => void add(target.files ?? [])}
      />
      <div>
        <Button size="small" icon={<FileUp aria-hidden />} onPress={() => input.current?.click()}>
          {m.create.chooseFiles}
        </Button>
      </div>
      <Analyses analyses={analyses} held={held} onTake={onTake} />
    </div>
  )
}

/** The analyses of a document, when the person pauses. */
function useAnalyses(document: string): readonly Analysis[] {
  const client = useClient()
  const [analyses, setAnalyses] = useState<readonly Analysis[]>([])
  useEffect(() => {
    if (document.trim() === '') {
      setAnalyses([])
      return undefined
    }
    let isCurrent = true
    const timer = setTimeout(async () => {
      const found = await analyse(client, document)
      if (isCurrent) setAnalyses(found)
    }, 350)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [client, document])
  return analyses
}

function Analyses(props: {
  readonly analyses: readonly Analysis[]
  readonly held: ReadonlySet<string>
  readonly onTake: (scopes: readonly string[]) => void
}) {
  const { analyses, held, onTake } = props
  const required = analyses.flatMap((analysis) => analysis.required ?? [])
  const needed = [...new Set(required.flatMap((one) => scopesToTake(one, held)))].sort()
  const missing = needed.filter((scope) => !held.has(scope))
  return (
    <div className="analyses" aria-live="polite">
      {analyses.map((analysis, index) => (
        <AnalysisCard key={analysis.operation ?? index} analysis={analysis} held={held} />
      ))}
      {required.length > 0 && needed.length === 0 && <p>{m.create.noScopes}</p>}
      {missing.length > 0 && (
        <div className="note" data-tone="warning">
          <TriangleAlert aria-hidden />
          <p>{m.create.missing(missing.join(', '))}</p>
        </div>
      )}
      {needed.length > missing.length && (
        <div>
          <Button
            look="primary"
            size="small"
            icon={<CircleCheck aria-hidden />}
            onPress={() => onTake(needed.filter((scope) => held.has(scope)))}
          >
            {m.create.take(needed.length - missing.length)}
          </Button>
        </div>
      )}
    </div>
  )
}

function AnalysisCard(props: { readonly analysis: Analysis; held: ReadonlySet<string> }) {
  const { operation, required, faults, failure } = props.analysis
  return (
    <section className="analysis" data-invalid={required === null}>
      <h3>
        <code>{operation ?? m.create.unnamedOperation}</code>
      </h3>
      {required !== null && (
        <>
          <div className="chips">
            {scopesToTake(required, props.held).map((scope) => (
              <code key={scope} className="chip">
                {scope}
              </code>
            ))}
          </div>
          <dl className="field-scopes">
            {required.fields.map(({ coordinate, scopes }) => (
              <div key={coordinate}>
                <dt>
                  <code>{coordinate}</code>
                </dt>
                <dd>{m.create.alternatives(scopes)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {faults.map(({ message, line }) => (
        <p key={message} className="field-error">
          {line !== null && `${m.create.line(line)}: `}
          {message}
        </p>
      ))}
      <FailureNote failure={failure} />
    </section>
  )
}
