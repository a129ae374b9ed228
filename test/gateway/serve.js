// Serves the supergraph of the named file. Prints the port, and stops when its standard input ends.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway'

const gateway = createGatewayRuntime({
  supergraph: readFileSync(process.argv[2], 'utf8'),
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({
      authorization: request.headers.get('authorization') ?? undefined,
      'x-api-key': request.headers.get('x-api-key') ?? undefined,
    }),
  },
  maskedErrors: false,
  logging: false,
})
// Without this, Node keeps only the first of two credentials, and drops headers after the 1000th.
const server = createServer({ joinDuplicateHeaders: true }, gateway)
server.maxHeadersCount = 0
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
process.stdin.on('end', () => process.exit()).resume()
