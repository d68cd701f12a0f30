// A spike latent: which unit of the bottleneck spiked at which step.

// A lot in 0..1 for each place, always the same: which spikes a mixture takes must not flicker.
function lot(place) {
  let hash = Math.imul(place + 1, 0x9e3779b1)
  hash = Math.imul(hash ^ hash >>> 15, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return ((hash ^ hash >>> 16) >>> 0) / 2 ** 32
}

export class Latent {
  // `spikes` [num_steps][num_units], 0 or 1.
  constructor(head, spikes) {
    this.head = head // model, modality, num_units, num_steps, dt_ms, seed: what /v1/encode says of it
    this.spikes = spikes
  }

  get numSteps() { return this.head.num_steps }
  get numUnits() { return this.head.num_units }
  get count() { return this.spikes.reduce((sum, spike) => sum + spike, 0) }

  static fromJson({ events, counts, bitmap, encoding, confidence, ...head }) {
    const spikes = new Uint8Array(head.num_steps * head.num_units)
    for (const [step, unit] of events) spikes[step * head.num_units + unit] = 1
    return new Latent(head, spikes)
  }

  toJson() {
    const events = []
    this.spikes.forEach((spike, i) => {
      if (spike) events.push([Math.floor(i / this.numUnits), i % this.numUnits])
    })
    return { ...this.head, encoding: 'aer', events }
  }

  // Spikes of the steps before `step`.
  countUntil(step) {
    return this.spikes.subarray(0, step * this.numUnits).reduce((sum, spike) => sum + spike, 0)
  }

  fits(other) {
    return this.numSteps === other.numSteps && this.numUnits === other.numUnits
  }

  // Each spike of `this` stays with the chance 1 - share, each of `other` comes with the chance share.
  mixedWith(other, share) {
    return new Latent(this.head, this.spikes.map((spike, i) => lot(i) < share ? other.spikes[i] : spike))
  }

  // With the spikes of `mask` turned over.
  turned(mask) {
    return new Latent(this.head, this.spikes.map((spike, i) => spike ^ mask[i]))
  }

  toFile() {
    return { blob: new Blob([JSON.stringify(this.toJson())], { type: 'application/json' }), name: 'latent.json' }
  }
}
