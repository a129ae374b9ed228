/** A bare `node:http` server that answers every request with `CONSTANT_HEADERS`, a JSON object. */
import { createServer } from 'node:http'

const headers = JSON.parse(process.env.CONSTANT_HEADERS)

createServer({ keepAliveTimeout: 65_000, joinDuplicateHeaders: true }, (_, response) => {
  response.writeHead(200, headers)
  response.end()
}).listen(Number(process.env.PORT), '127.0.0.1')
