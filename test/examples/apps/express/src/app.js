import express from 'express'
import { guard, latchkey } from './access.js'
import { router as notes } from './notes.js'

const app = express()

app.use(express.json())
app.get('/', (_request, response) => {
  response.send('Notes')
})
app.use('/notes', notes)

const change =
  (work) =>
  async ({ params, body, principal }, response) =>
    response.json(await latchkey.keys[work]({ ...body, ...params, as: principal }))
app.post('/keys', guard(), change('create'))
app.patch('/keys/:id', guard(), change('update'))
app.post('/keys/:id/rotate', guard(), change('rotate'))
app.delete('/keys/:id', guard(), change('revoke'))

app.listen(process.env.PORT ?? 4000, () => console.log('Notes are open.'))
