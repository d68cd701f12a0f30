// When somebody begins to speak and when they have finished, by loudness against the quietest so far.
// What is loud for a while is speech; what is less loud, but more than the room, belongs to it before
// and after: the s of "six", the t of "eight".

const LEAST = 0.012 // root mean square of what may be speech, at least
const OVER_NOISE = 4 // and this much louder than the room
const LEAST_EDGE = 0.001 // the same of what belongs to speech
const EDGE_OVER_NOISE = 1.7
const LONGEST_EDGE_S = 0.35
const LONGEST_GAP_S = 0.12 // the silence in "six" and "eight"
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
    this.heard = [] // {level, at, until} of each block
    this.begin = undefined
    this.end = undefined
  }

  // Takes the loudness of the next `seconds`; -> 'waiting', 'speaking', 'done' or 'nothing'.
  push(level, seconds) {
    this.heard.push({ level, at: this.now, until: this.now += seconds })
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

  // From where to where there is speech, in seconds, with its edges; undefined if there is none.
  range() {
    if (this.begin === undefined) return undefined
    const least = Math.max(LEAST_EDGE, EDGE_OVER_NOISE * this.floor)
    const audible = this.heard.filter(({ level }) => level > least)
    let { begin, end } = this
    for (const { at, until } of audible)
      if (at >= this.end && at - end <= LONGEST_GAP_S && until - this.end <= LONGEST_EDGE_S) end = until
    for (const { at, until } of audible.reverse())
      if (until <= this.begin && begin - until <= LONGEST_GAP_S && this.begin - at <= LONGEST_EDGE_S) begin = at
    return { begin, end }
  }
}
