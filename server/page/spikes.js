// The third view: a latent, changed by hand or mixed with another, and what it decodes to.
import { bytesOf, postForJson } from './api.js'
import { Cloth } from './cloth.js'
import { calmed, find, findAll, inGroups, save, WORDS } from './dom.js'
import { factsOf, showFacts } from './facts.js'
import { guarded } from './failure.js'
import { Latent } from './latent.js'
import { paint, paintDifference } from './plate.js'
import { readPng } from './png.js'
import { loadSample, spokenName, writtenName } from './samples.js'
import { shelf } from './shelf.js'

const failure = find('#spikes-failure')
const decodeSoon = calmed(60, () => decode())

let cloth
let first // Latent
let second // Latent or null
let mask // Uint8Array: what the clicks turned over
let before // the picture of `first`
let pending

const share = () => second ? Number(find('#mix').value) / 100 : 0
const mixed = () => second ? first.mixedWith(second, share()) : first
const current = () => mixed().turned(mask)

// Value and words of what can be taken: what was made last, then the samples.
function choices() {
  return [
    ...shelf.spoken ? [['last spoken', 'What you said']] : [],
    ...shelf.drawn ? [['last drawn', 'What you drew']] : [],
    ...WORDS.map((word, digit) => [spokenName(digit, 'en-us'), `Spoken ${word}`]),
    ...WORDS.map((word, digit) => [writtenName(digit), `Written ${word}`])
  ]
}

async function latentOf(choice) {
  if (choice === 'last spoken') return shelf.spoken
  if (choice === 'last drawn') return shelf.drawn
  const { reply } = await postForJson('/v1/encode', { file: await loadSample(choice), quiet: true })
  return Latent.fromJson(reply)
}

async function decoded(latent, options) {
  const answer = await postForJson('/v1/decode', { file: latent.toFile(), ...options })
  return { ...answer, picture: await readPng(bytesOf(answer.reply.image_png)) }
}

function decode() {
  pending?.abort()
  const { signal } = pending = new AbortController()
  return guarded(failure, async () => {
    const latent = current()
    const { reply, milliseconds, picture } = await decoded(latent, { signal })
    const turned = mask.reduce((sum, bit) => sum + bit, 0)
    paint(find('#spikes-now'), picture, picture.frames[0])
    paintDifference(find('#spikes-change'), picture, before.frames[0], picture.frames[0])
    find('#spikes-now').setAttribute('aria-label', `The picture of ${latent.count} spikes, ${turned} of them turned by hand`)
    find('#spikes-change').setAttribute('aria-label', 'How the picture has changed')
    showFacts(find('#spikes-facts'), [['Latent spikes', inGroups(latent.count)], ['Turned by hand', inGroups(turned)],
      ...factsOf({ ...reply, seed: undefined }, milliseconds)])
  })
}

function refresh() {
  cloth.show(current(), first)
  decodeSoon()
}

const takeFirst = () => guarded(failure, async () => {
  first = await latentOf(find('#latent-a').value)
  mask = new Uint8Array(first.spikes.length)
  before = (await decoded(first, { quiet: true })).picture
  paint(find('#spikes-before'), before, before.frames[0])
  find('#spikes-before').setAttribute('aria-label', `The picture of all ${first.count} spikes as they were`)
  await takeSecond()
})

const takeSecond = () => guarded(failure, async () => {
  const choice = find('#latent-b').value
  second = choice ? await latentOf(choice) : null
  find('#mix').disabled = !second
  if (second && !first.fits(second)) {
    second = null
    find('#mix').disabled = true
    throw new Error('These two cannot be mixed: they have other numbers of units or steps.')
  }
  refresh()
})

function turn(step, unit, on) {
  const brush = find('input[name=brush]:checked').value
  const { numSteps, numUnits } = first
  const latent = current()
  for (let s = 0; s < numSteps; s++)
    for (let u = 0; u < numUnits; u++) {
      const meant = (s === step || brush === 'unit') && (u === unit || brush === 'step')
      const place = s * numUnits + u
      if (meant && latent.spikes[place] !== Number(on)) mask[place] ^= 1
    }
  refresh()
}

function fillChoices() {
  for (const [select, extra] of [[find('#latent-a'), []], [find('#latent-b'), [['', 'nothing']]]]) {
    const kept = select.value
    select.replaceChildren(...[...extra, ...choices()].map(([value, text]) => new Option(text, value)))
    if (kept && [...select.options].some(({ value }) => value === kept)) select.value = kept
  }
}

// What was made since the view was shown last is offered, and taken to begin with.
export function showSpikes() {
  const options = findAll('option', find('#latent-a')).length
  fillChoices()
  const made = options && find('#latent-a').options.length > options
  if (!first || made) {
    find('#latent-a').selectedIndex = 0
    takeFirst()
  } else cloth.draw()
}

export function openSpikes() {
  cloth = new Cloth(find('#cloth'), { isOn: (step, unit) => current().spikes[step * first.numUnits + unit] === 1 }, turn)
  find('#latent-a').addEventListener('change', takeFirst)
  find('#latent-b').addEventListener('change', takeSecond)
  find('#mix').addEventListener('input', () => {
    find('#mix-text').textContent = `${find('#mix').value} %`
    refresh()
  })
  find('#undo-edits').addEventListener('click', () => {
    mask.fill(0)
    refresh()
  })
  find('#save-edited').addEventListener('click', () => {
    const { blob, name } = current().toFile()
    save(blob, name)
  })
}
