// A sketch pad: white strokes on black by pointer, finger or keyboard.
import { announce, calmed } from './dom.js'

const PEN = 20
const KEY_STEP = 14
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

export class Pad {
  // onStroke() once a stroke has ended.
  constructor(canvas, onStroke) {
    this.canvas = canvas
    this.onStroke = calmed(120, onStroke)
    this.context = canvas.getContext('2d')
    Object.assign(this.context, { lineWidth: PEN, lineCap: 'round', lineJoin: 'round', strokeStyle: '#fff' })
    this.pen = { x: canvas.width / 2, y: canvas.height / 2, down: false }
    this.clear()
    canvas.addEventListener('pointerdown', event => this.begin(event))
    canvas.addEventListener('pointermove', event => this.move(event))
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => this.end())
    canvas.addEventListener('keydown', event => this.key(event))
  }

  clear() {
    this.context.fillStyle = '#000'
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height)
  }

  // The picture in the place of what was drawn, as large as fits.
  put(image) {
    this.clear()
    const { width, height } = this.canvas
    const scale = Math.min(width / image.width, height / image.height)
    this.context.imageSmoothingEnabled = scale < 1
    this.context.drawImage(image, (width - image.width * scale) / 2, (height - image.height * scale) / 2,
      image.width * scale, image.height * scale)
  }

  toBlob() {
    return new Promise(resolve => this.canvas.toBlob(resolve, 'image/png'))
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect()
    const scale = this.canvas.width / box.width
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale }
  }

  line(from, to) {
    this.context.beginPath()
    this.context.moveTo(from.x, from.y)
    this.context.lineTo(to.x, to.y)
    this.context.stroke()
  }

  begin(event) {
    this.canvas.setPointerCapture(event.pointerId)
    this.last = this.at(event)
    this.line(this.last, this.last)
  }

  move(event) {
    if (!this.last) return
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const next = this.at(part)
      this.line(this.last, next)
      this.last = next
    }
  }

  end() {
    if (!this.last) return
    this.last = undefined
    this.onStroke()
  }

  key(event) {
    const { pen } = this
    if (event.key === ' ') {
      event.preventDefault()
      pen.down = !pen.down
      announce(pen.down ? 'Pen down' : 'Pen up')
      if (!pen.down) this.onStroke()
    } else if (event.key in MOVES) {
      event.preventDefault()
      const [dx, dy] = MOVES[event.key]
      const next = {
        x: Math.min(this.canvas.width, Math.max(0, pen.x + dx * KEY_STEP)),
        y: Math.min(this.canvas.height, Math.max(0, pen.y + dy * KEY_STEP))
      }
      if (pen.down) this.line(pen, next)
      Object.assign(pen, next)
      if (pen.down) this.onStroke()
    }
  }
}
