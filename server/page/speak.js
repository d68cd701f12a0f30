// The first view: from a recording to the picture as it builds up.
import { bytesOf, loadModels, post, postForJson } from './api.js'
import { announce, calmed, find, inGroups, inPercent, save, wantsStillness } from './dom.js'
import { takeFiles } from './drop.js'
import { factsOf, showFacts } from './facts.js'
import { guarded, hideFailure } from './failure.js'
import { Latent } from './latent.js'
import { EMBER, paint } from './plate.js'
import { Player } from './player.js'
import { readPng } from './png.js'
import { drawRaster } from './raster.js'
import { Recorder, microphoneProblem } from './recorder.js'
import { fillSamples, loadSample, markSample, spokenName, voice } from './samples.js'
import { shelf } from './shelf.js'
import { Sound } from './sound.js'

const SAVED_SCALE = 16
const PHASES = { waiting: 'Listening: say a digit', speaking: 'I hear you' }

let sound
let shown // what is on the plates: {picture, latent}
let pending

const player = new Player(find('#speak-transport'), step => showStep(step))
const failure = find('#speak-failure')

const query = () => ({
  model: find('#speak-model').value,
  style: find('#style').value === '0' ? undefined : find('#style').value,
  seed: find('#seed').value
})

function showStep(step) {
  const { picture, latent } = shown
  paint(find('#speak-picture'), picture, picture.frames[step - 1])
  if (!latent) return
  drawRaster(find('#speak-raster'), latent, step)
  find('#speak-raster-count').textContent = `${inGroups(latent.countUntil(step))} of ${inGroups(latent.count)}`
}

async function showEar(reply) {
  const ear = await readPng(bytesOf(reply.input_png))
  paint(find('#ear'), ear, ear.frames[0], EMBER)
  const text = `What the ear hears: ${ear.height} channels, low tones below, over ${ear.width} frames of time`
  find('#ear').setAttribute('aria-label', text)
  find('#ear-note').textContent = text
  find('#ear-box').hidden = false
}

async function show({ reply, milliseconds }) {
  shown = {
    picture: await readPng(bytesOf(reply.image_png)),
    latent: reply.latent ? Latent.fromJson(reply.latent) : null
  }
  shelf.spoken = shown.latent ?? shelf.spoken
  await showEar(reply)
  find('#speak-empty').hidden = true
  find('#speak-controls').hidden = false
  find('#speak-picture').setAttribute('aria-label', `The picture that ${reply.model} drew of ${shelf.recording.name}`)
  find('#speak-raster').setAttribute('aria-label', shown.latent
    ? `${shown.latent.count} spikes of ${shown.latent.numUnits} units over ${shown.latent.numSteps} steps`
    : 'This model has no spikes')
  showFacts(find('#speak-facts'), factsOf(reply, milliseconds))
  player.load(shown.picture.frames.length)
  const sure = reply.confidence === undefined ? '' : ` Confidence ${inPercent(reply.confidence)}.`
  announce(`The picture is drawn, in ${reply.num_steps} steps and ${reply.spikes} spikes.${sure}`)
}

async function isSpiking(name) {
  const card = (await loadModels()).find(model => model.name === name)
  return card === undefined || card.kind === 'spiking'
}

function drawSpeech() {
  pending?.abort()
  const { signal } = pending = new AbortController()
  return guarded(failure, async () => {
    await fillModels()
    const frames = await isSpiking(find('#speak-model').value) ? 1 : undefined
    await show(await postForJson('/v1/synthesize', { query: { ...query(), frames, input: 1 }, file: shelf.recording, signal }))
  })
}

// Nothing is sent before the user asks for the picture.
async function takeRecording(recording) {
  shelf.recording = recording
  hideFailure(failure)
  find('#record').classList.add('second')
  await sound.load(recording)
}

// --- the microphone ---------------------------------------------------------------------------

const recorder = new Recorder({
  onLevel(level, phase) {
    find('#level-bar').style.transform = `scaleX(${level})`
    const text = PHASES[phase]
    if (text && find('#record-note').textContent !== text) {
      find('#record-note').textContent = text
      if (phase === 'waiting') announce(text)
    }
  },
  async onEnd(blob) {
    setRecording(false)
    if (!blob) {
      find('#record-note').textContent = 'I heard nothing. Is the microphone on?'
      announce('I heard nothing. Is the microphone on?')
      return
    }
    markSample(find('#sound-samples'))
    await takeRecording({ blob, name: 'recording.wav' })
    find('#draw-speech').focus()
    announce('Recorded. Draw it, or hear it first.')
  }
})

function setRecording(on) {
  find('#speak-source').classList.toggle('recording', on)
  find('#record-text').textContent = on ? 'Stop' : shelf.recording ? 'Speak again' : 'Speak'
  find('#record-note').textContent = on ? PHASES.waiting : 'It stops by itself when you have finished.'
}

async function toggleRecording() {
  if (recorder.isOn) return recorder.stop()
  hideFailure(failure)
  try {
    setRecording(true)
    await recorder.start()
  } catch (error) {
    setRecording(false)
    find('#record-note').textContent = error.message
    announce(error.message)
  }
}

function connectMicrophone() {
  const problem = microphoneProblem()
  find('#record').disabled = problem !== ''
  if (problem) find('#record-note').textContent = problem
  find('#record').addEventListener('click', toggleRecording)
}

// --- the rest ---------------------------------------------------------------------------------

async function fillModels() {
  const select = find('#speak-model')
  if (select.options.length) return
  const models = (await loadModels()).filter(model => model.task === 'synthesize')
  select.replaceChildren(...models.map(model => new Option(model.name)))
  if (models.some(model => model.name === 'speech-digits')) select.value = 'speech-digits'
  find('#speak-model-field').hidden = models.length < 2
}

function connectControls() {
  const again = calmed(250, () => shelf.recording && drawSpeech())
  for (const name of ['#speak-model', '#style', '#seed']) find(name).addEventListener('change', again)
  const turn = by => {
    find('#style').value = Math.max(0, Number(find('#style').value) + by)
    again()
  }
  find('#style-less').addEventListener('click', () => turn(-1))
  find('#style-more').addEventListener('click', () => turn(1))
  const fetched = (name, accept, frames) => guarded(failure, async () => {
    const response = await post('/v1/synthesize', { query: { ...query(), scale: SAVED_SCALE, frames }, accept, file: shelf.recording })
    save(await response.blob(), name)
  })
  find('#save-png').addEventListener('click', () => fetched('picture.png', 'image/png'))
  find('#save-apng').addEventListener('click', () => fetched('picture-animated.png', 'image/apng', 1))
  find('#save-latent').addEventListener('click', () => guarded(failure, async () => {
    const response = await post('/v1/encode', { query: query(), accept: 'application/json', file: shelf.recording })
    save(await response.blob(), 'latent.json')
  }))
}

export function openSpeak() {
  sound = new Sound()
  connectMicrophone()
  connectControls()
  fillSamples(find('#sound-samples'), 'Spoken', String, digit => guarded(failure, async () => {
    await takeRecording(await loadSample(spokenName(digit, voice())))
  }))
  takeFiles(find('#speak-source'), find('#sound-file'), file => {
    markSample(find('#sound-samples'))
    takeRecording({ blob: file, name: file.name })
  })
  find('#save-sound').addEventListener('click', () => save(shelf.recording.blob, shelf.recording.name))
  find('#draw-speech').addEventListener('click', async () => {
    await drawSpeech()
    const result = find('#speak-result')
    if (result.getBoundingClientRect().top > innerHeight * 0.6)
      result.scrollIntoView({ behavior: wantsStillness() ? 'auto' : 'smooth', block: 'start' })
  })
}
