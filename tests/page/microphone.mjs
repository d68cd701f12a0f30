// A WAV for the browser's false microphone: a quiet room, a spoken digit, a quiet room again.
import { readFileSync, writeFileSync } from 'node:fs'

const BEFORE_S = 1.2
const AFTER_S = 6
const HUM = 40 // of 32768

export function writeSpoken(sample, path) {
  const wav = readFileSync(sample)
  const rate = wav.readUInt32LE(24)
  const spoken = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - wav.length % 2))
  const before = Math.round(BEFORE_S * rate)
  const samples = new Int16Array(before + spoken.length + Math.round(AFTER_S * rate))
  samples.forEach((_, i) => { samples[i] = HUM * Math.sin(i * 0.05) })
  samples.set(spoken, before)
  const head = Buffer.from(wav.subarray(0, 44))
  head.writeUInt32LE(36 + samples.length * 2, 4)
  head.writeUInt32LE(samples.length * 2, 40)
  writeFileSync(path, Buffer.concat([head, Buffer.from(samples.buffer)]))
}
