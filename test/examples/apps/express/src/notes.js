import { Router } from 'express'
import { guard } from './access.js'

const notes = [{ id: 1, text: 'Water the plants.' }]

export const router = Router()

router.get('/', guard('read:notes'), (_request, response) => {
  response.json(notes)
})

router.post('/', guard('write:notes'), (request, response) => {
  const note = { id: notes.length + 1, text: String(request.body.text) }
  notes.push(note)
  response.status(201).json(note)
})
