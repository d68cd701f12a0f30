// Whether an exchange is what the contract says, and what of the contract it has exercised.
import { mediaFits, mediaType } from './contract.mjs'

// Fields that HTTP itself defines; any other that the daemon sends must be in the contract.
const HTTP_HEADERS = new Set(['connection', 'content-length', 'content-type', 'date',
  'transfer-encoding'])

// Codes that say that the request itself is not what the contract wants; after any other it has
// to be.
const REFUSALS = new Set([400, 401, 403, 404, 405, 406, 413, 415, 429])

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

const SIGNATURES = {
  'image/png': body => body.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
  'image/apng': body => body.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')) &&
    body.includes('acTL')
}

const isJson = type => type === 'application/json' || type.endsWith('+json')

// A parameter or header is text on the wire; its schema may want a number or a truth value.
function valueOf(text, schema) {
  if (['integer', 'number'].includes(schema?.type) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (schema?.type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function queryOf(query) {
  const pairs = new Map()
  for (const [name, value] of new URLSearchParams(query))
    pairs.set(name, [...(pairs.get(name) ?? []), value])
  return pairs
}

function bodyFaults(faultsOf, type, body) {
  if (SIGNATURES[type]) return SIGNATURES[type](body) ? [] : [`the body is not ${type}`]
  const text = body.toString('utf8')
  if (!isJson(type)) return type.startsWith('text/') ? faultsOf(text) : []
  let value
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [`the body is not JSON: ${error.message}`]
  }
  return faultsOf(value)
}

// The JSON of a body; tensors in binary may follow it.
function jsonOf({ headers, body }) {
  const [size] = headers['inference-header-content-length'] ?? []
  return size === undefined ? body : body.subarray(0, Number(size))
}

// Checks exchanges one by one; `seen` collects what they exercised, in the words of coverage.mjs.
export class Conformity {
  constructor(contract, exceptions) {
    this.contract = contract
    this.exceptions = exceptions
    this.seen = new Set()
  }

  // The faults of an exchange, each a line of text.
  check(exchange) {
    const { request, status } = exchange
    const faults = exchange.headers['x-request-id'] === undefined ? this.libraryPage(exchange)
      : [...this.known(exchange), ...this.requestId(exchange)]
    const subject = request ? `${request.method} ${request.path}${request.query && '?'}${request.query}`
      : 'a request that cannot be parsed'
    return faults.map(fault => `${subject.slice(0, 120)} -> ${status}: ${fault}`)
  }

  // libmicrohttpd says by itself what it cannot read.
  libraryPage({ status, headers, body }) {
    this.seen.add(`library page ${status}`)
    const text = body.toString()
    const isPage = Object.keys(headers).every(name => HTTP_HEADERS.has(name)) &&
      (text.startsWith('<html>') || text.startsWith(`HTTP/1.1 ${status} `))
    if (!isPage) return ['the header X-Request-Id is missing']
    return this.exceptions.library_pages.statuses.includes(status) ? []
      : ['libmicrohttpd has answered by itself, which exceptions.json does not expect']
  }

  // A sane id is taken over into the answer.
  requestId({ request, headers }) {
    const [id] = request?.headers['x-request-id'] ?? []
    return !id || !REQUEST_ID.test(id) || headers['x-request-id'][0] === id ? []
      : [`X-Request-Id is ${headers['x-request-id'][0]}, not ${id}`]
  }

  known(exchange) {
    const { request } = exchange
    if (!request) return this.anywhere(exchange, [400, 404])
    const operations = this.contract.operationsAt(request.path)
    if (request.method === 'OPTIONS' && (operations.length || request.path === '*')) {
      this.seen.add(operations.length ? `OPTIONS ${operations[0].path}` : 'OPTIONS')
      return this.anywhere(exchange, [204])
    }
    if (!operations.length) return this.anywhere(exchange, [404, 400])
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const operation = operations.find(operation => operation.method === method)
    if (!operation) return this.otherMethod(exchange, operations)
    if (request.method === 'HEAD' && exchange.status < 300) this.seen.add(`HEAD ${operation.path}`)
    return [...this.response(exchange, operation), ...this.request(exchange, operation)]
  }

  // An answer that is the same on all paths.
  anywhere(exchange, statuses) {
    const { request, status } = exchange
    if (!statuses.includes(status)) return [`${statuses.join(' or ')} was expected`]
    const special = `${status} ${/^\/v2(?=\/|$)/.exec(request?.path)?.[0]}`
    const key = this.contract.anywhere.has(special) ? special : String(status)
    this.seen.add(`anywhere ${key}`)
    return this.message(exchange, this.contract.anywhere.get(key), `anywhere ${key}`)
  }

  otherMethod(exchange, operations) {
    if (exchange.status === 404) return this.anywhere(exchange, [404])
    if (exchange.status !== 405) return ['the contract has no such method there']
    return this.response(exchange, operations[0])
  }

  response(exchange, operation) {
    const response = operation.responses.get(String(exchange.status))
    // with --metrics-port two listeners have half of the paths each
    if (!response && exchange.status === 404) return this.anywhere(exchange, [404])
    if (!response) return ['the contract has no such answer there']
    const name = `${operation.name} ${exchange.status}`
    this.seen.add(name)
    return this.message(exchange, response, name)
  }

  message(exchange, response, name) {
    return [...this.headers(exchange.headers, response, name), ...this.body(exchange, response, name)]
  }

  headers(headers, response, name) {
    const own = response.headers.map(header => ({ ...header, item: `${name} header ${header.name}` }))
    const always = this.contract.always.filter(({ name }) => !own.some(header => header.name === name))
      .map(header => ({ ...header, required: false, item: `any header ${header.name}` }))
    const known = [...own, ...always]
    const names = new Set(known.map(header => header.name.toLowerCase()))
    return [
      ...Object.keys(headers).filter(field => !HTTP_HEADERS.has(field) && !names.has(field))
        .map(field => `the header ${field} is not in the contract`),
      ...known.flatMap(header => this.header(headers[header.name.toLowerCase()], header))
    ]
  }

  header(values, { name, required, schema, faults, item }) {
    if (values === undefined) return required ? [`the header ${name} is missing`] : []
    this.seen.add(item)
    return [
      ...values.length > 1 ? [`the header ${name} is there twice`] : [],
      ...faults(valueOf(values[0], schema)).map(fault => `the header ${name}: ${values[0]}: ${fault}`)
    ]
  }

  body({ request, status, headers, body, cut }, response, name) {
    const type = mediaType(headers['content-type']?.[0])
    const media = type && response.content.find(({ type: pattern }) => mediaFits(pattern, type))
    if (request?.method === 'HEAD' || status === 304) return body.length ? ['there is a body'] : []
    if (!response.content.length) return body.length ? ['the contract has no body there'] : []
    if (!media) return [`the contract has no ${type} there`]
    this.seen.add(`${name} as ${media.type}`)
    if (type === 'application/problem+json') this.problem(body)
    return cut ? [] : bodyFaults(media.faults, type, body)
  }

  problem(body) {
    try {
      this.seen.add(`problem ${JSON.parse(body).code}`)
    } catch { /* bodyFaults says so */ }
  }

  request({ request, status }, operation) {
    for (const { name, place } of operation.parameters)
      if (place === 'header' && request.headers[name.toLowerCase()])
        this.seen.add(`${operation.name} field ${name}`)
    if (REFUSALS.has(status)) return []
    const note = status < 300 ? what => this.seen.add(`${operation.name} ${what}`) : () => {}
    return [...this.query(request, operation, note), ...this.upload(request, status, operation, note)]
  }

  query(request, operation, note) {
    const parameters = operation.parameters.filter(({ place }) => place === 'query')
    const given = queryOf(request.query)
    const faults = parameters.filter(({ name, required }) => required && !given.has(name))
      .map(({ name }) => `it was taken without ${name}`)
    for (const [name, values] of given) {
      const parameter = parameters.find(parameter => parameter.name === name)
      if (!parameter || values.length > 1) {
        faults.push(`it was taken with ${parameter ? 'two values of ' : ''}${name}`)
        continue
      }
      note(`?${name}`)
      if (parameter.schema?.enum) note(`?${name}=${values[0]}`)
      faults.push(...parameter.faults(valueOf(values[0], parameter.schema))
        .map(fault => `it was taken with ${name}=${values[0]}: ${fault}`))
    }
    return faults
  }

  upload(request, status, operation, note) {
    if (!operation.body.length || (!request.body.length && !operation.bodyRequired)) return []
    const type = mediaType(request.headers['content-type']?.[0]) || 'application/octet-stream'
    const media = operation.body.find(({ type: pattern }) => mediaFits(pattern, type))
    if (!media) return [`it was taken as ${type}`]
    note(`of ${media.type}`)
    const wantsJson = operation.body.some(({ type }) => isJson(type)) && !type.startsWith('multipart/')
    // 503 is said without a look at the body
    return request.cut || !wantsJson || status === 503 ? []
      : bodyFaults(media.faults, 'application/json', jsonOf(request))
        .map(fault => `it was taken with a body where ${fault}`)
  }
}
