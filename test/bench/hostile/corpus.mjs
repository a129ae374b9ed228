/** Requests that are made to take as long as the default limits allow. */
import { getIntrospectionQuery } from 'graphql'

const times = (count, of, glue = ' ') => Array.from({ length: count }, (_, n) => of(n)).join(glue)
const json = (query, variables) => ({ body: JSON.stringify({ query, variables }) })
const entity = { __typename: 'User', id: '6f1f7d4e-6d2f-4f53-9a7e-0f6f6b1d2c3a' }
const userFields = 'id issuer subject email name status scopes createdAt updatedAt'
const keyFields =
  'id name description scopes effectiveScopes start status createdAt expiresAt lastUsedAt rotatedAt revokedAt revokedReason metadata'
const asked = 'query ($d: String!) { requiredScopes(document: $d) { scopes missing } }'

/** Documents by their number of tokens, which is smaller for anonymous requests. */
const documents = {
  'one field repeated': (n) => `{${'viewer{subject}'.repeat(n / 5)}}`,
  'one field repeated, selected differently': (n) =>
    `{${times(n / 6, (i) => `viewer{subject ${i % 2 ? 'issuer' : 'scopes'}}`)}}`,
  'a leaf repeated': (n) => `{viewer{${'subject '.repeat(n - 8)}}}`,
  'fragments side by side': (n) =>
    `{viewer{${times(n / 13, (i) => `...F${i}`)}}} ${times(n / 13, (i) => `fragment F${i} on Principal{credential{id kind}}`)}`,
  'a chain of fragments': (n) =>
    `{...F0} ${times(n / 9 - 2, (i) => `fragment F${i} on Query{viewer{subject}...F${i + 1}}`)} fragment F${Math.ceil(n / 9 - 2)} on Query{__typename}`,
  'fragments that spread all later ones': (n) => {
    const count = Math.floor(Math.sqrt(n)) - 2
    const later = (i) => times(count - i - 1, (k) => `...F${i + k + 1}`)
    return `{...F0} ${times(count, (i) => `fragment F${i} on Query{viewer{subject}${later(i)}}`)}`
  },
  'fragments in circles': (n) =>
    `{...F0} ${times(n / 27, (i) => `fragment F${i} on Query{${times(10, (k) => `...F${(i * 7 + k) % Math.ceil(n / 27)}`)}}`)}`,
  'inline fragments in one another': (n) =>
    `{${'...{'.repeat(n / 3 - 4)}__typename${'}'.repeat(n / 3 - 4)}}`,
  'unknown fields': (n) => `{${times(n - 4, (i) => `nothing${i}`)}}`,
  'fields with similar names': (n) => `{${times(n - 4, (i) => `apiKeysss${i}`)}}`,
  'unknown fields after many lines': (n) =>
    `{${'\n'.repeat(n - 10)}${times(n - 4, (i) => `nothing${i}`)}}`,
  'unknown types': (n) => `{${times(n / 7 - 1, (i) => `...on ApiKeyConnectionn${i}{id}`)}}`,
  'unknown arguments': (n) => `{${times(n / 7 - 1, (i) => `user(idd${i}:1){id}`)}}`,
  'variables that are not used': (n) =>
    `query(${times(n / 4 - 3, (i) => `$v${i}:Int`)}){__typename}`,
  'variables that are not defined': (n) =>
    `${times(n / 20, (i) => `query Q${i}{...F}`)} fragment F on Query{${times(n / 20, (i) => `user(id:$v${i}){id}`)}}`,
  'many operations that share a fragment': (n) =>
    `${times(n / 12, (i) => `query Q${i}{...F}`)} fragment F on Query{${'viewer{subject}'.repeat(n / 12)}}`,
  'a long undefined variable in many operations': (n) =>
    `${times(n / 7 - 4, (i) => `query Q${i}{...F}`)} fragment F on Query{__typename @include(if:$${'x'.repeat(n * 12)})}`,
  comments: (n) => `${'#\n'.repeat(n - 20)}{__typename}`,
  'a block string of many lines': (n) =>
    `{requiredScopes(document:"""${' a\n'.repeat(n - 20)}"""){missing}}`,
  'escapes in a string': (n) => `{requiredScopes(document:"${'\\u0041'.repeat(n * 5)}"){missing}}`,
  'a list of scalars': (n) => `{apiKeys(ownerId:[${'1 '.repeat(n - 12)}]){totalCount}}`,
  'an object in one another': (n) =>
    `{requiredScopes(document:"{a}",variables:${'{a:'.repeat(n / 4 - 6)}1${'}'.repeat(n / 4 - 6)}){missing}}`,
  'lists in one another': (n) => `{user(id:${'['.repeat(n - 20)}`,
  directives: () => `{__typename ${'@skip(if:false)'.repeat(50)}}`,
  'directives of stream and defer': (n) =>
    `{viewer{${times(Math.min(n / 12, 12), (i) => `...@defer(label:"${i}"){scopes @stream(initialCount:${i})}`)}}}`,
  introspection: () => getIntrospectionQuery(),
  'introspection by aliases': () => `{${times(29, (i) => `a${i}:__schema{types{name}}`)}}`,
  'introspection in circles': () =>
    '{__schema{types{fields{type{ofType{fields{type{ofType{fields{name type{name}}}}}}}}}}}',
}

const asDocuments = Object.entries(documents).flatMap(([name, of]) => [
  { name, as: 'nobody', ...json(of(990)) },
  { name, as: 'key', ...json(of(1_990)) },
  { name: `asked about: ${name}`, as: 'nobody', ...json(asked, { d: of(990) }) },
])

const pages = {
  'a page of 100 users, by every field': `{users(first:100){nodes{${userFields}}edges{cursor}pageInfo{hasNextPage}totalCount}}`,
  'pages of 100 keys with owners': `{${times(3, (i) => `p${i}:apiKeys(first:100,ownerId:$OWNER){nodes{${keyFields} owner{${userFields}}}}`)}}`,
  'a page of 100 keys under 12 aliases': `{${times(12, (i) => `p${i}:apiKeys(first:100,ownerId:$OWNER){nodes{id name start status scopes}}`)}}`,
  'parents of keys': `{apiKeys(first:100){nodes{${'parent{'.repeat(10)}id${'}'.repeat(10)}}}}`,
  'metadata by aliases': `{apiKeys(first:30){nodes{${times(29, (i) => `a${i}:metadata`)}}}}`,
  'uses of scopes':
    '{apiKeys(first:100){nodes{usedScopes{scope lastUsedAt}unusedScopes previousSecret{expiresAt}}}}',
  'every scope by aliases': `{${times(30, (i) => `a${i}:scopes{name description fields}`)}}`,
  'the subgraph by aliases': `{${times(30, (i) => `a${i}:_service{sdl}`)}}`,
}

const entities = (aliases, count, fields) =>
  json(
    `query($r:[_Any!]!){${times(aliases, (i) => `a${i}:_entities(representations:$r){...on User{${fields}}}`)}}`,
    { r: Array.from({ length: count }, () => entity) },
  )

const bodies = {
  '900 representations': entities(1, 900, userFields),
  '30 aliases of 30 representations': entities(30, 30, userFields),
  '30 aliases of 1000 representations': entities(30, 1000, userFields),
  '9,900 representations that are not objects': json(
    'query($r:[_Any!]!){_entities(representations:$r){__typename}}',
    { r: Array.from({ length: 9_900 }, () => 1) },
  ),
  'many ids of the wrong kind': json(
    'query($v:[ID!]!){requiredScopes(document:"{a}",variables:{v:$v}){missing}}',
    {
      v: Array.from({ length: 9_900 }, () => ({})),
    },
  ),
  'nine documents that are asked about': json(
    `query(${times(9, (i) => `$d${i}:String!`, ',')}){${times(9, (i) => `a${i}:requiredScopes(document:$d${i}){missing}`)}}`,
    Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [
        `d${i}`,
        `${documents['fragments side by side'](990)}#${i}`,
      ]),
    ),
  ),
  'a document that is asked about, and variables of it': json(
    'query($d:String!,$v:JSONObject){requiredScopes(document:$d,variables:$v){missing}}',
    {
      d: `query($v:[Int]){viewer{subject @skip(if:$v)}}`,
      v: { v: Array.from({ length: 9_000 }, (_, i) => i) },
    },
  ),
  'empty lists': {
    body: `{"query":"{__typename}","variables":{"a":[${times(300_000, () => '[]', ',')}]}}`,
  },
  'empty objects': {
    body: `{"query":"{__typename}","variables":{"a":[${times(11_000, () => '{}', ',')}]}}`,
  },
  'lists in one another in variables': {
    body: `{"query":"{__typename}","variables":{"a":${'['.repeat(11_000)}${']'.repeat(11_000)}}}`,
  },
  'members with different names': {
    body: `{"query":"{__typename}","variables":{${times(11_000, (i) => `"k${i}":0`, ',')}}}`,
  },
  'half a megabyte of text': {
    body: JSON.stringify({ query: '{__typename}', variables: { a: '\\'.repeat(260_000) } }),
  },
  'half a megabyte that is not JSON': { body: '"'.repeat(520_000) },
  'metadata that is too large': json(
    'mutation($i:CreateApiKeyInput!){createApiKey(input:$i){secret}}',
    {
      i: {
        name: 'a',
        scopes: [],
        metadata: { a: Array.from({ length: 9_000 }, (_, n) => ({ n })) },
      },
    },
  ),
}

const asBodies = (named, as) => Object.entries(named).map(([name, made]) => ({ name, as, ...made }))

/** @param owner id of a user with thousands of keys */
export function corpus(owner) {
  const asked = Object.fromEntries(
    Object.entries(pages).map(([name, query]) => [
      name,
      json(query.replaceAll('$OWNER', JSON.stringify(owner))),
    ]),
  )
  return [
    ...asDocuments,
    ...asBodies(asked, 'key'),
    ...asBodies(bodies, 'key'),
    ...asBodies(bodies, 'nobody'),
    {
      name: 'many headers',
      as: 'key',
      ...json('{__typename}'),
      headers: Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`x-${n}`, 'a'])),
    },
  ]
}
