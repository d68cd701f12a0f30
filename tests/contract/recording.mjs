// Reads what recorder.c wrote, each a record of a connection (kind r: received, s: sent, R and S:
// received and sent but left out), and gives it back as exchanges, in the order of their answers:
//
//   {request, status, headers, body, cut}   of an answer
//   request = {method, path, query, headers, body, cut}, or null when it cannot be parsed
//
// Names of headers are in lower case, their values in arrays. `cut` says that some of the body is
// missing: the connection ended before, or the recorder left it out.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HTTPParser } from 'http-parser-js'

const RECORD_SIZE = 12
const TLS_HANDSHAKE = 0x16

function* records(bytes) {
  for (let at = 0; at + RECORD_SIZE <= bytes.length; ) {
    const kind = String.fromCharCode(bytes.readUInt32LE(at + 4))
    const size = bytes.readUInt32LE(at + 8)
    const data = bytes.subarray(at + RECORD_SIZE, at + RECORD_SIZE + size)
    if (data.length < size) throw new Error('a recording ends within a record')
    yield { connection: bytes.readUInt32LE(at), kind, data }
    at += RECORD_SIZE + size
  }
}

function headersOf(list) {
  const headers = {}
  for (let i = 0; i < list.length; i += 2) (headers[list[i].toLowerCase()] ??= []).push(list[i + 1])
  return headers
}

function targetOf(url) {
  const target = url.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = target.indexOf('?')
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

// Collects messages of one direction of a connection. `begin` gets each message's head, returns
// the object that its body goes to, and says by `skip` that no body follows.
class Direction {
  constructor(type, begin) {
    this.type = type
    this.begin = begin
    this.reset()
  }

  reset() {
    this.message = null
    this.broken = false
    this.parser = new HTTPParser(this.type)
    this.parser[HTTPParser.kOnHeadersComplete] = info => {
      const { message, skip } = this.begin(info)
      this.message = message
      return skip
    }
    this.parser[HTTPParser.kOnBody] = (chunk, start, length) =>
      this.message?.pieces.push(chunk.subarray(start, start + length))
    this.parser[HTTPParser.kOnMessageComplete] = () => {
      if (this.message) this.message.cut = false
      this.message = null
    }
  }

  feed(data) {
    if (!this.broken && this.parser.execute(data) instanceof Error) this.broken = true
  }

  // Bytes are missing: the rest of this message cannot be told from the next.
  leaveOut() {
    this.broken = true
  }
}

class Connection {
  constructor(emit) {
    this.waiting = []
    this.received = new Direction(HTTPParser.REQUEST, info => this.request(info))
    this.sent = new Direction(HTTPParser.RESPONSE, info => this.answer(info, emit))
  }

  request(info) {
    const message = {
      method: HTTPParser.methods[info.method], ...targetOf(info.url),
      headers: headersOf(info.headers), pieces: [], cut: true
    }
    this.waiting.push(message)
    return { message, skip: false }
  }

  answer(info, emit) {
    if (info.statusCode < 200) return { message: null, skip: true }
    const request = this.waiting.shift() ?? null
    const message = {
      request, status: info.statusCode, headers: headersOf(info.headers), pieces: [], cut: true
    }
    emit(message)
    return { message, skip: request?.method === 'HEAD' || info.statusCode === 304 }
  }

  take({ kind, data }) {
    if (this.encrypted ??= kind === 'r' && data[0] === TLS_HANDSHAKE) return
    if (kind === 'R') this.received.leaveOut()
    else if (kind === 'S') this.sent.leaveOut()
    else if (kind === 'r') this.received.feed(data)
    else {
      this.sent.feed(data)
      if (this.received.broken) this.received.reset()
    }
  }
}

function whole(message) {
  if (message?.pieces) {
    message.body = Buffer.concat(message.pieces)
    delete message.pieces
  }
  return message
}

export function readRecording(bytes) {
  const connections = new Map()
  const exchanges = []
  for (const record of records(bytes)) {
    if (!connections.has(record.connection))
      connections.set(record.connection, new Connection(exchange => exchanges.push(exchange)))
    connections.get(record.connection).take(record)
  }
  for (const exchange of exchanges) {
    whole(exchange)
    whole(exchange.request)
  }
  return exchanges
}

// The exchanges of all recordings in the folders.
export function readFolders(folders) {
  return folders.flatMap(folder =>
    readdirSync(folder).filter(name => name.endsWith('.wire')).sort()
      .flatMap(name => readRecording(readFileSync(join(folder, name)))))
}
