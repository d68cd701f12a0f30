// The fourth view: one input through several models and numbers of steps, side by side.
import { bytesOf, loadModels, postForJson } from './api.js'
import { WORDS, announce, find, findAll, inGroups, inMilliseconds, inPercent, make } from './dom.js'
import { guarded } from './failure.js'
import { meanSquaredError, paint } from './plate.js'
import { readPng } from './png.js'
import { loadSample, spokenName, writtenName } from './samples.js'
import { shelf } from './shelf.js'

const failure = find('#compare-failure')
const STEPS = [1, 2, 4, 8]

const isSound = choice => choice.endsWith('.wav') || choice === 'last recording'

function choices() {
  return [
    ...shelf.recording ? [['last recording', 'Your recording']] : [],
    ...shelf.picture ? [['last picture', 'Your picture']] : [],
    ...WORDS.map((word, digit) => [spokenName(digit, 'en-us'), `Spoken ${word}`]),
    ...WORDS.map((word, digit) => [writtenName(digit), `Written ${word}`])
  ]
}

async function inputOf(choice) {
  if (choice === 'last recording') return shelf.recording
  if (choice === 'last picture') return shelf.picture
  return loadSample(choice)
}

const checkbox = (name, value, text, checked) =>
  make('label', {}, make('input', { type: 'checkbox', name, value: String(value), checked }), make('span', {}, text))

const checked = name => findAll(`input[name=${name}]:checked`, find('#compare-form')).map(({ value }) => value)

// The models that take this input, all of them checked, and the step numbers that they have.
async function fillModels() {
  const task = isSound(find('#compare-input').value) ? 'synthesize' : 'reconstruct'
  const models = (await loadModels()).filter(model => model.task === task)
  const most = Math.max(...models.map(model => model.num_steps))
  find('#compare-models').replaceChildren(...models.map(({ name }) => checkbox('model', name, name, true)))
  find('#compare-steps').replaceChildren(
    ...STEPS.filter(steps => steps < most).map(steps => checkbox('steps', steps, String(steps), steps === 4)),
    checkbox('steps', '', 'all', true))
}

async function cell(card, steps, file) {
  const sound = card.task === 'synthesize'
  const query = { model: card.name, steps: card.kind === 'ann' ? '' : steps, input: 1, polarity: sound ? undefined : file.polarity }
  const { reply, milliseconds } = await postForJson(sound ? '/v1/synthesize' : '/v1/reconstruct', { query, file })
  const picture = await readPng(bytesOf(reply.image_png))
  const canvas = make('canvas', { className: 'pixels', role: 'img', ariaLabel: `${card.name}, ${reply.num_steps} steps` })
  paint(canvas, picture, picture.frames[0])
  const notes = [`${inGroups(reply.synops)} operations`, `${inGroups(reply.spikes)} spikes`, `${inMilliseconds(milliseconds)} ms`]
  if (sound) notes.unshift(`confidence ${inPercent(reply.confidence ?? 0)}`)
  else {
    const input = await readPng(bytesOf(reply.input_png))
    notes.unshift(`error ${meanSquaredError(input.frames[0], picture.frames[0]).toFixed(4)}`)
  }
  return make('td', {}, canvas, ...notes.map(note => make('p', {}, note)))
}

const stepsText = (steps, card) => steps === '' ? `all ${card.num_steps} steps` : `${steps} ${steps === '1' ? 'step' : 'steps'}`

// A row for each model, a cell for each number of steps; networks without spikes have one cell.
async function row(card, allSteps, file) {
  const cells = []
  for (const steps of card.kind === 'ann' ? [''] : allSteps) cells.push(await cell(card, steps, file))
  cells.forEach((td, i) => td.prepend(make('p', {}, card.kind === 'ann' ? 'no steps: analog' : stepsText(allSteps[i], card))))
  return make('tr', {}, make('th', { scope: 'row' }, card.name), ...cells)
}

async function compare() {
  const models = checked('model')
  const steps = checked('steps')
  if (!models.length || !steps.length) throw new Error('Choose a model and a number of steps at least.')
  const file = await inputOf(find('#compare-input').value)
  const cards = (await loadModels()).filter(({ name }) => models.includes(name))
  const rows = []
  for (const card of cards) rows.push(await row(card, steps.filter(count => count < card.num_steps), file))
  find('#compare-table').replaceChildren(make('table', {}, make('tbody', {}, ...rows)))
  find('#compare-table').hidden = false
  announce(`Compared ${rows.length} ${rows.length === 1 ? 'model' : 'models'}.`)
}

export function showCompare() {
  const select = find('#compare-input')
  const kept = select.value
  select.replaceChildren(...choices().map(([value, text]) => new Option(text, value)))
  if ([...select.options].some(({ value }) => value === kept)) select.value = kept
  if (select.value !== kept) guarded(failure, fillModels)
}

export function openCompare() {
  find('#compare-input').addEventListener('change', () => guarded(failure, fillModels))
  find('#compare-form').addEventListener('submit', event => {
    event.preventDefault()
    guarded(failure, compare)
  })
}
