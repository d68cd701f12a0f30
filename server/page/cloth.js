// A latent to click on: steps run down, units run across. The canvas is one stop of the keyboard with
// a cursor inside.
import { announce } from './dom.js'

const ROW = 20
const LEAST_COLUMN = 6
const TOUCH_COLUMN = 20
const GROUND = '#151311'
const BAND = '#1e1b18'
const COLOURS = { on: '#ff9a52', added: '#ffe1c4', off: '#151311', taken: '#2f6fb3' }
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }

export class Cloth {
  // turn(step, unit, on): the user wants this spike on or off; whether it is on now is spikes.isOn.
  constructor(canvas, spikes, turn) {
    this.canvas = canvas
    this.spikes = spikes
    this.turn = turn
    this.cursor = { step: 0, unit: 0 }
    canvas.addEventListener('pointerdown', event => event.pointerType === 'touch' || this.begin(event))
    canvas.addEventListener('click', event => event.pointerType === 'touch' && this.tap(event))
    canvas.addEventListener('pointermove', event => this.drag(event))
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { this.wanted = undefined })
    canvas.addEventListener('keydown', event => this.key(event))
    for (const change of ['focus', 'blur']) canvas.addEventListener(change, () => this.draw())
    addEventListener('resize', () => this.draw())
  }

  // Shows `latent`; a spike that `original` had otherwise is marked.
  show(latent, original) {
    Object.assign(this, { latent, original })
    this.draw()
  }

  measure() {
    const { numSteps, numUnits } = this.latent
    const room = this.canvas.parentElement.clientWidth
    const least = matchMedia('(pointer: coarse)').matches ? TOUCH_COLUMN : LEAST_COLUMN
    this.column = Math.max(least, room / numUnits)
    this.width = this.column * numUnits
    this.height = ROW * numSteps
    const density = devicePixelRatio
    this.canvas.width = Math.round(this.width * density)
    this.canvas.height = Math.round(this.height * density)
    this.canvas.style.width = `${this.width}px`
    this.canvas.style.height = `${this.height}px`
    const context = this.canvas.getContext('2d')
    context.scale(density, density)
    return context
  }

  draw() {
    if (!this.latent || this.canvas.offsetParent === null) return
    const context = this.measure()
    const { numSteps, numUnits } = this.latent
    for (let step = 0; step < numSteps; step++) {
      context.fillStyle = step % 2 ? BAND : GROUND
      context.fillRect(0, step * ROW, this.width, ROW)
      for (let unit = 0; unit < numUnits; unit++) this.drawSpike(context, step, unit)
    }
    if (document.activeElement === this.canvas) this.drawCursor(context)
  }

  drawSpike(context, step, unit) {
    const place = step * this.latent.numUnits + unit
    const on = this.latent.spikes[place]
    const changed = on !== this.original.spikes[place]
    if (!on && !changed) return
    context.fillStyle = on ? changed ? COLOURS.added : COLOURS.on : COLOURS.taken
    const gap = Math.min(1.5, this.column / 5)
    context.fillRect(unit * this.column + gap / 2, step * ROW + 2, this.column - gap, ROW - 4)
  }

  drawCursor(context) {
    const { step, unit } = this.cursor
    context.strokeStyle = '#fff'
    context.lineWidth = 2
    context.strokeRect(unit * this.column - 1, step * ROW + 1, this.column + 2, ROW - 2)
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect()
    const step = Math.floor((event.clientY - box.top) / ROW)
    const unit = Math.floor((event.clientX - box.left) / this.column)
    const { numSteps, numUnits } = this.latent
    return { step: Math.min(numSteps - 1, Math.max(0, step)), unit: Math.min(numUnits - 1, Math.max(0, unit)) }
  }

  begin(event) {
    this.cursor = this.at(event)
    const { step, unit } = this.cursor
    this.wanted = !this.spikes.isOn(step, unit)
    this.turn(step, unit, this.wanted)
  }

  tap(event) {
    this.begin(event)
    this.wanted = undefined
  }

  // A mouse paints; a finger scrolls, and its taps come as clicks.
  drag(event) {
    if (this.wanted === undefined || event.pointerType === 'touch') return
    this.cursor = this.at(event)
    this.turn(this.cursor.step, this.cursor.unit, this.wanted)
  }

  key(event) {
    const { cursor, latent } = this
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      this.turn(cursor.step, cursor.unit, !this.spikes.isOn(cursor.step, cursor.unit))
    } else if (event.key in MOVES) {
      event.preventDefault()
      const [down, across] = MOVES[event.key]
      cursor.step = Math.min(latent.numSteps - 1, Math.max(0, cursor.step + down))
      cursor.unit = Math.min(latent.numUnits - 1, Math.max(0, cursor.unit + across))
      this.reveal()
      this.draw()
    } else return
    const on = this.spikes.isOn(cursor.step, cursor.unit)
    announce(`Step ${cursor.step + 1}, unit ${cursor.unit + 1}: ${on ? 'spike' : 'no spike'}`)
  }

  // Scrolls the cursor into sight.
  reveal() {
    const box = this.canvas.parentElement
    const left = this.cursor.unit * this.column
    box.scrollLeft = Math.min(left, Math.max(box.scrollLeft, left + this.column - box.clientWidth))
  }
}
