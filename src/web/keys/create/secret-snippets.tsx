import { useState } from 'react'
import { configuration } from '../configuration.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { Tabs } from '../kit/tabs.tsx'
import { m } from '../messages/current.ts'

const variable = 'API_KEY'
const query = '{ viewer { subject scopes } }'

/** Programs read the key from the environment, so that it is in no source file and in no shell history. */
function snippets(key: string) {
  const url = configuration.graphqlUrl
  return [
    { id: 'env', title: '.env', text: `${variable}=${key}` },
    {
      id: 'curl',
      title: 'curl',
      text: [
        `curl ${url} \\`,
        `  -H "Authorization: Bearer $${variable}" \\`,
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"query":"${query}"}'`,
      ].join('\n'),
    },
    {
      id: 'fetch',
      title: 'fetch',
      text: [
        `const response = await fetch('${url}', {`,
        "  method: 'POST',",
        '  headers: {',
        `    authorization: \`Bearer \${process.env.${variable}}\`,`,
        "    'content-type': 'application/json',",
        '  },',
        `  body: JSON.stringify({ query: '${query}' }),`,
        '})',
        'const { data, errors } = await response.json()',
      ].join('\n'),
    },
    {
      id: 'graphql-request',
      title: 'graphql-request',
      text: [
        "import { GraphQLClient } from 'graphql-request'",
        '',
        `const client = new GraphQLClient('${url}', {`,
        `  headers: { authorization: \`Bearer \${process.env.${variable}}\` },`,
        '})',
        `const data = await client.request('${query}')`,
      ].join('\n'),
    },
    {
      id: 'python',
      title: 'Python',
      text: [
        'import json, os, urllib.request',
        '',
        'request = urllib.request.Request(',
        `    "${url}",`,
        `    data=json.dumps({"query": "${query}"}).encode(),`,
        '    headers={',
        `        "Authorization": f"Bearer {os.environ['${variable}']}",`,
        '        "Content-Type": "application/json",',
        '    },',
        ')',
        'print(json.load(urllib.request.urlopen(request)))',
      ].join('\n'),
    },
    {
      id: 'github',
      title: 'GitHub',
      text: [m.secret.githubComment, `gh secret set ${variable}`].join('\n'),
    },
  ]
}

export function SecretSnippets(props: {
  readonly secret: string
  /** The secret as the page shows it at the moment. */
  readonly shown: string
  readonly onCopied: () => void
}) {
  const { secret, shown, onCopied } = props
  const [tab, setTab] = useState('env')
  const whole = snippets(secret)
  return (
    <Tabs
      label={m.secret.use}
      selected={tab}
      onSelect={setTab}
      tabs={snippets(shown).map(({ id, title, text }) => ({
        id,
        title,
        content: (
          <div className="snippet">
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls long lines */}
            <pre tabIndex={0} translate="no">
              {text}
            </pre>
            <CopyButton
              text={whole.find((snippet) => snippet.id === id)?.text ?? ''}
              what={title}
              onCopied={id === 'env' ? onCopied : undefined}
            />
          </div>
        ),
      }))}
    />
  )
}
