import { TriangleAlert } from 'lucide-react'
import { Button } from '../kit/button.tsx'
import { FailureNote } from '../kit/states.tsx'
import { m } from '../messages/current.ts'
import {
  type Analysis,
  type DocumentAnalysis,
  type Fault,
  neededScopes,
  scopesToTake,
} from './operations.ts'

/** The scopes that operations require. The bar below the form offers those that the person holds. */
export function AnalysisResult(props: {
  readonly analysis: DocumentAnalysis
  readonly held: ReadonlySet<string>
  readonly onRetry: () => void
}) {
  const { analysis, held, onRetry } = props
  const { operations, faults, failure, ignored } = analysis
  if (failure !== null) {
    return (
      <>
        <FailureNote failure={failure} />
        <div>
          <Button size="small" onPress={onRetry}>
            {m.retry}
          </Button>
        </div>
      </>
    )
  }
  if (faults.length > 0) return <Faults faults={faults} />
  const needed = neededScopes(analysis, held)
  const missing = needed.filter((scope) => !held.has(scope))
  return (
    <>
      <div className="analysis-list" tabIndex={operations.length > 3 ? 0 : undefined}>
        {operations.map((one, index) => (
          <OperationCard key={index} {...one} held={held} />
        ))}
      </div>
      {ignored > 0 && (
        <div className="note" data-tone="warning">
          <TriangleAlert aria-hidden />
          <p>{m.create.ignoredOperations(operations.length, operations.length + ignored)}</p>
        </div>
      )}
      {needed.length === 0 && <p>{m.create.noScopes}</p>}
      {missing.length > 0 && (
        <div className="note" data-tone="warning">
          <TriangleAlert aria-hidden />
          <p>{m.create.missing(missing.join(', '))}</p>
        </div>
      )}
    </>
  )
}

function OperationCard(props: Analysis & { readonly held: ReadonlySet<string> }) {
  const { operation, required, held } = props
  return (
    <section className="analysis">
      <h3>
        <code>{operation ?? m.create.unnamedOperation}</code>
      </h3>
      <div className="chips">
        {scopesToTake(required, held).map((scope) => (
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
    </section>
  )
}

function Faults({ faults }: { readonly faults: readonly Fault[] }) {
  return (
    <section className="analysis" data-invalid="true">
      <h3>{m.create.invalidDocument}</h3>
      <ul>
        {faults.map(({ message, line }) => (
          <li key={`${line} ${message}`} className="field-error">
            {line !== null && `${m.create.line(line)}: `}
            {message}
          </li>
        ))}
      </ul>
    </section>
  )
}
