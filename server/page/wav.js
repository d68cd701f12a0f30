// Samples to a WAV file: 16-bit PCM, one channel.

const HEADER_SIZE = 44

export function encodeWav(samples, sampleRate) {
  const view = new DataView(new ArrayBuffer(HEADER_SIZE + samples.length * 2))
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, HEADER_SIZE - 8 + samples.length * 2, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true) // PCM
  view.setUint16(22, 1, true) // channels
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length * 2, true)
  samples.forEach((sample, i) =>
    view.setInt16(HEADER_SIZE + i * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true))
  return new Blob([view], { type: 'audio/wav' })
}
