// The microphone: from "speak" to a WAV file, stopping by itself when the speaker has finished.
import { Endpoint } from './endpoint.js'
import { encodeWav } from './wav.js'

const MARGIN_S = 0.02 // kept before and after what was said: the room is no part of the digit

// Why there is no microphone here; '' if there is one to ask for.
export function microphoneProblem() {
  if (!window.isSecureContext)
    return 'The microphone needs HTTPS or localhost, and this page came over plain HTTP. You can drop a file or take a sample.'
  if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode)
    return 'This browser has no microphone for web pages. You can drop a file or take a sample.'
  return ''
}

function wordsOf(error) {
  if (error.name === 'NotAllowedError') return 'The browser was not allowed to use the microphone. You can drop a file or take a sample.'
  if (error.name === 'NotFoundError') return 'There is no microphone. You can drop a file or take a sample.'
  return `The microphone did not start (${error.message}).`
}

function joined(blocks) {
  const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0))
  let at = 0
  for (const block of blocks) {
    samples.set(block, at)
    at += block.length
  }
  return samples
}

export class Recorder {
  // onLevel(0..1, phase) with each block; onEnd(WAV blob or null when nobody spoke).
  constructor({ onLevel, onEnd }) {
    this.onLevel = onLevel
    this.onEnd = onEnd
  }

  get isOn() { return this.context !== undefined }

  // Throws an Error in words for people.
  async start() {
    this.blocks = []
    this.endpoint = new Endpoint()
    this.context = new AudioContext()
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true }
      })
      await this.context.audioWorklet.addModule('/page/recorder-worklet.js')
    } catch (error) {
      this.release()
      throw new Error(wordsOf(error))
    }
    const tap = new AudioWorkletNode(this.context, 'tap', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' })
    tap.port.onmessage = ({ data }) => this.hear(data)
    this.context.createMediaStreamSource(this.stream).connect(tap)
    await this.context.resume()
  }

  hear(block) {
    if (!this.isOn) return
    this.blocks.push(block)
    const level = Math.sqrt(block.reduce((sum, sample) => sum + sample * sample, 0) / block.length)
    const phase = this.endpoint.push(level, block.length / this.context.sampleRate)
    this.onLevel(Math.min(1, Math.sqrt(level) * 1.8), phase)
    if (phase === 'done' || phase === 'nothing') this.stop()
  }

  stop() {
    if (!this.isOn) return
    const rate = this.context.sampleRate
    const spoken = this.endpoint.range()
    this.release()
    if (!spoken) return this.onEnd(null)
    const from = Math.max(0, Math.round((spoken.begin - MARGIN_S) * rate))
    this.onEnd(encodeWav(joined(this.blocks).subarray(from, Math.round((spoken.end + MARGIN_S) * rate)), rate))
  }

  release() {
    this.stream?.getTracks().forEach(track => track.stop())
    this.context?.close()
    this.stream = this.context = undefined
  }
}
