/** Sends hostile requests one after the other on a separate thread, until the thread is terminated. */
import { request } from 'node:http'
import { workerData } from 'node:worker_threads'

const { port, key, requests } = workerData

for (let n = 0; ; n++) await send(requests[n % requests.length], n)

function send({ body, as, headers = {} }, n) {
  // The spaces make a document that is new to the server.
  const text = body.replace('{"query":"', `{"query":"${' '.repeat(n % 97)}`)
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      path: '/graphql',
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        ...(as === 'key' && { authorization: `Bearer ${key}` }),
        ...headers,
      },
    })
    sent.on('response', (response) => response.resume().on('end', resolve))
    sent.on('error', reject)
    sent.end(text)
  })
}
