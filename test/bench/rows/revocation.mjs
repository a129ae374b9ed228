/** Measures the time from sending COMMIT to the first refusal by a server that has the key cached. */
import { connect } from 'node:net'
import { post, quantile, startLatchkey } from '../measure.mjs'

export async function measureRevocation(world, { revocations }) {
  const { sql, environment } = world
  const keys = await world.makeKeys(revocations)
  const node = await startLatchkey({ ...environment, LOG_LEVEL: 'warn' })
  const writer = await sql.reserve()
  const took = []
  const commits = []
  try {
    const ask = await openConnection(node.port)
    const warm = post('{ viewer { subject } }', world.keys[0])
    for (let n = 0; n < 5_000; n++) await ask(warm)
    for (const key of keys) {
      const request = post('{ viewer { subject } }', key)
      for (let n = 0; n < 3; n++) {
        const answer = await ask(request)
        if (!answer.startsWith('HTTP/1.1 200')) throw new Error(answer)
      }
      await writer`begin`
      await writer`update latchkey.api_keys set revoked_at = now() where id = ${key.split('_')[1]}`
      const committed = performance.now()
      const commit = writer`commit`.execute().then(() => performance.now() - committed)
      while ((await ask(request)).startsWith('HTTP/1.1 200'));
      took.push(performance.now() - committed)
      commits.push(await commit)
    }
    ask.end()
  } finally {
    writer.release()
    await node.stop()
  }
  const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)]
  return [
    {
      figure: `Revocation, COMMIT to refused on another node, ${revocations} times`,
      result: `median ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, at most ${Math.max(...took).toFixed(1)} ms (COMMIT alone: ${quantile(commits, 0.5).toFixed(1)}, ${quantile(commits, 0.99).toFixed(1)})`,
      goal: 'median < 2 ms, p99 < 10 ms',
      met: p50 < 2 && p99 < 10,
    },
  ]
}

async function openConnection(port) {
  const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const ask = (request) =>
    new Promise((resolve) => {
      let answer = ''
      const take = (text) => {
        answer += text
        const [head, body] = answer.split('\r\n\r\n')
        const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
        if (body === undefined || body.length < Number(length ?? 0)) return
        socket.off('data', take)
        resolve(answer)
      }
      socket.on('data', take)
      socket.write(request)
    })
  return Object.assign(ask, { end: () => socket.destroy() })
}
