// The recording at hand: its waveform, and hearing it again.
import { find, inSeconds } from './dom.js'

const DECODE_RATE = 44100
const BAR = 4
const COLOUR = '#ff9a52'
const AXIS = '#3a332c'

function drawWave(canvas, samples) {
  const context = canvas.getContext('2d')
  const { width, height } = canvas
  const bars = Math.floor(width / BAR)
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-4)
  context.clearRect(0, 0, width, height)
  context.fillStyle = AXIS
  context.fillRect(0, height / 2 - 1, width, 2)
  context.fillStyle = COLOUR
  for (let bar = 0; bar < bars; bar++) {
    const part = samples.subarray(bar * samples.length / bars, (bar + 1) * samples.length / bars)
    const peak = part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    const size = Math.max(2, peak / loudest * (height - 12))
    context.fillRect(bar * BAR, (height - size) / 2, BAR - 1, size)
  }
}

// Decodes what this browser can; null for the rest, which the server may still know.
async function decode(blob) {
  try {
    return await new OfflineAudioContext(1, 1, DECODE_RATE).decodeAudioData(await blob.arrayBuffer())
  } catch {
    return null
  }
}

export class Sound {
  constructor() {
    this.audio = new Audio()
    this.audio.addEventListener('play', () => this.follow())
    for (const event of ['pause', 'ended', 'emptied']) this.audio.addEventListener(event, () => this.rest())
    find('#hear').addEventListener('click', () => this.audio.paused ? this.audio.play() : this.audio.pause())
  }

  // Shows the recording {blob, name}.
  async load({ blob, name }) {
    if (this.url) URL.revokeObjectURL(this.url)
    this.url = URL.createObjectURL(blob)
    this.audio.src = this.url
    find('#sound').hidden = false
    const buffer = await decode(blob)
    const canvas = find('#wave')
    find('#hear').disabled = buffer === null
    drawWave(canvas, buffer?.getChannelData(0) ?? new Float32Array(1))
    const seconds = buffer ? inSeconds(buffer.duration) : 'this browser cannot play it'
    canvas.setAttribute('aria-label', `Waveform of ${name}, ${seconds}`)
    find('#sound-name').textContent = `${name} · ${seconds}`
  }

  follow() {
    find('#hear-text').textContent = 'Stop'
    find('#wave-playhead').hidden = false
    const move = () => {
      const share = this.audio.currentTime / (this.audio.duration || 1)
      find('#wave-playhead').style.left = `${share * 100}%`
      if (!this.audio.paused) requestAnimationFrame(move)
    }
    move()
  }

  rest() {
    find('#hear-text').textContent = 'Hear it'
    find('#wave-playhead').hidden = true
    this.audio.currentTime = 0
  }
}
