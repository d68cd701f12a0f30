// The second view: a drawing or an image through the autoencoder, beside the original and the error.
import { bytesOf, loadModels, postForJson } from './api.js'
import { announce, find, make } from './dom.js'
import { takeFiles } from './drop.js'
import { factsOf, showFacts } from './facts.js'
import { guarded } from './failure.js'
import { Latent } from './latent.js'
import { Pad } from './pad.js'
import { meanSquaredError, paint, paintDifference } from './plate.js'
import { Player } from './player.js'
import { readPng } from './png.js'
import { fillSamples, loadSample, markSample, writtenName } from './samples.js'
import { shelf } from './shelf.js'

const LARGEST_SIDE = 1024 // of an image that is turned into a PNG here

const failure = find('#draw-failure')
const player = new Player(find('#draw-transport'), step => showStep(step))
let shown // {original, picture}
let pending
let pad

function showStep(step) {
  const { original, picture } = shown
  paint(find('#draw-picture'), picture, picture.frames[step - 1])
  paintDifference(find('#draw-error'), picture, original.frames[0], picture.frames[step - 1])
}

async function show({ reply, milliseconds }) {
  shown = {
    original: await readPng(bytesOf(reply.input_png)),
    picture: await readPng(bytesOf(reply.image_png))
  }
  if (reply.latent) shelf.drawn = Latent.fromJson(reply.latent)
  const error = meanSquaredError(shown.original.frames[0], shown.picture.frames.at(-1))
  paint(find('#draw-original'), shown.original, shown.original.frames[0])
  find('#draw-original').setAttribute('aria-label', `The picture as ${reply.model} was given it`)
  find('#draw-picture').setAttribute('aria-label', `The reconstruction by ${reply.model}`)
  find('#draw-error').setAttribute('aria-label', `Where they differ: mean squared error ${error.toFixed(4)}`)
  showFacts(find('#draw-facts'), [['Mean squared error', error.toFixed(4)], ...factsOf(reply, milliseconds)])
  player.load(shown.picture.frames.length)
  announce(`Reconstructed. Mean squared error ${error.toFixed(4)}.`)
}

// `polarity` as the daemon takes it: a drawing is bright on black, a strange image may be either.
function reconstruct(picture, polarity) {
  pending?.abort()
  const { signal } = pending = new AbortController()
  shelf.picture = { ...picture, polarity }
  return guarded(failure, async () => {
    await fillModels()
    const model = find('#draw-model').value
    const card = (await loadModels()).find(({ name }) => name === model)
    const frames = card?.kind === 'ann' ? undefined : 1
    await show(await postForJson('/v1/reconstruct', { query: { model, frames, input: 1, polarity }, file: picture, signal }))
  })
}

// A PNG goes as it is; other images become one.
async function asPng(file, image) {
  if (file.type === 'image/png') return { blob: file, name: file.name }
  const scale = Math.min(1, LARGEST_SIDE / Math.max(image.width, image.height))
  const canvas = make('canvas', { width: Math.round(image.width * scale), height: Math.round(image.height * scale) })
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'))
  return { blob, name: `${file.name.replace(/\.\w+$/, '')}.png` }
}

const takeImage = file => guarded(failure, async () => {
  let image
  try {
    image = await createImageBitmap(file)
  } catch {
    throw new Error('This browser cannot read that image. Take a PNG or a JPEG.')
  }
  markSample(find('#picture-samples'))
  pad.put(image)
  await reconstruct(await asPng(file, image), 'auto')
})

const takeSample = digit => guarded(failure, async () => {
  const sample = await loadSample(writtenName(digit))
  pad.put(await createImageBitmap(sample.blob))
  await reconstruct(sample, 'keep')
})

async function fillModels() {
  const select = find('#draw-model')
  if (select.options.length) return
  const models = (await loadModels()).filter(model => model.task === 'reconstruct')
  select.replaceChildren(...models.map(model => new Option(model.name)))
  if (models.some(model => model.name === 'mnist-ae')) select.value = 'mnist-ae'
}

export function openDraw() {
  pad = new Pad(find('#pad'), async () => {
    markSample(find('#picture-samples'))
    reconstruct({ blob: await pad.toBlob(), name: 'drawing.png' }, 'keep')
  })
  find('#pad-clear').addEventListener('click', () => pad.clear())
  find('#draw-model').addEventListener('change', () => shelf.picture && reconstruct(shelf.picture, shelf.picture.polarity))
  takeFiles(find('#draw-area'), find('#picture-file'), takeImage)
  fillSamples(find('#picture-samples'), 'Written', digit => make('img', { src: `/page/${writtenName(digit)}`, alt: '', width: 28, height: 28 }), takeSample)
  guarded(failure, fillModels)
}
