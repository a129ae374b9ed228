import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Sends the text over a connection of its own, closes the sending side, and resolves with everything
 * that is received.
 */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.end(text, 'latin1')
  await Promise.race([once(socket, 'end'), once(socket, 'close')])
  socket.destroy()
  return answer
}
