import express from 'express'
import { router as notes } from './notes.js'

const app = express()

app.use(express.json())
app.get('/', (_request, response) => {
  response.send('Notes')
})
app.use('/notes', notes)

app.listen(process.env.PORT ?? 4000, () => console.log('Notes are open.'))
