// On the audio thread: hands the microphone's samples over in blocks.

const BLOCK = 1024

class Tap extends AudioWorkletProcessor {
  constructor() {
    super()
    this.block = new Float32Array(BLOCK)
    this.filled = 0
  }

  process([[samples]]) {
    for (const sample of samples ?? []) {
      this.block[this.filled++] = sample
      if (this.filled < BLOCK) continue
      this.port.postMessage(this.block)
      this.filled = 0
    }
    return true
  }
}

registerProcessor('tap', Tap)
