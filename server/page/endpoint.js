// When somebody begins to speak and when they have finished, by loudness against the quietest so far.

const LEAST = 0.012 // root mean square of what may be speech, at least
const OVER_NOISE = 4 // and this much louder than the room
const LOUDEST_ROOM = 0.015 // so that who speaks at once is not taken for the room
const SPOKEN_S = 0.06 // shorter sounds are clicks
const PAUSE_S = 0.8 // this long without speech: it is over
const LONGEST_S = 4 // of speech
const PATIENCE_S = 8 // until somebody speaks

export class Endpoint {
  constructor() {
    this.now = 0
    this.floor = Infinity
    this.loud = 0 // seconds of speech in a row
    this.begin = undefined
    this.end = undefined
  }

  // Takes the loudness of the next `seconds`; -> 'waiting', 'speaking', 'done' or 'nothing'.
  push(level, seconds) {
    this.now += seconds
    this.floor = Math.min(LOUDEST_ROOM, level, this.floor * (1 + 0.3 * seconds))
    const speech = level > Math.max(LEAST, OVER_NOISE * this.floor)
    this.loud = speech ? this.loud + seconds : 0
    if (this.loud >= SPOKEN_S) {
      this.begin ??= this.now - this.loud
      this.end = this.now
    }
    if (this.begin === undefined) return this.now < PATIENCE_S ? 'waiting' : 'nothing'
    const over = this.now - this.end > PAUSE_S || this.now - this.begin > LONGEST_S
    return over ? 'done' : 'speaking'
  }
}
