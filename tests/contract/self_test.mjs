// Breaks the contract, the recording and the demands in every way that the checks are there for, and
// wants each to be found:
//
//   node self_test.mjs FOLDER...
import { readFileSync } from 'node:fs'
import { Conformity } from './conformity.mjs'
import { Contract, documentFaults } from './contract.mjs'
import { coverageFaults, wanted } from './coverage.mjs'
import { expand, rowFaults, rowsOf, undemanded } from './demands.mjs'
import { readFolders, readRecording } from './recording.mjs'

const readJson = name => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const document = readJson('../../api/openapi.yaml')
const exceptions = readJson('exceptions.json')
const sum = { passed: 0, failed: 0 }

function report(title, passed, details = '') {
  sum[passed ? 'passed' : 'failed']++
  console.log(`${passed ? 'ok' : 'not ok'} - ${title}`)
  if (!passed) console.log(`# ${details}`)
}

// The exchanges that exercise something that none before them does: enough for every check.
function sample(exchanges) {
  const conformity = new Conformity(new Contract(document), exceptions)
  return exchanges.filter(exchange => {
    const before = conformity.seen.size
    conformity.check(exchange)
    return conformity.seen.size > before
  })
}

function faultsOf(contract, exchanges, excused = exceptions) {
  const conformity = new Conformity(contract, excused)
  const faults = exchanges.flatMap(exchange => conformity.check(exchange))
  return [...faults, ...coverageFaults(contract, excused, conformity.seen)]
}

const copyOf = ({ request, ...rest }) => ({
  ...rest, headers: structuredClone(rest.headers),
  request: request && { ...request, headers: structuredClone(request.headers) }
})

// breaks TITLE PATTERN CHANGE: after `change` of copies there must be a fault that matches.
function breaks(title, exchanges, pattern, change) {
  const broken = { document: structuredClone(document), exchanges: exchanges.map(copyOf), exceptions: structuredClone(exceptions) }
  change(broken)
  const faults = faultsOf(new Contract(broken.document), broken.exchanges, broken.exceptions)
  report(`found: ${title}`, faults.some(fault => pattern.test(fault)), faults.slice(0, 3).join('\n# '))
}

const isA = (method, path, status) => ({ request, status: got }) =>
  request?.method === method && request.path === path && got === status

function testContract(exchanges) {
  const find = (broken, ...key) => broken.exchanges.find(isA(...key))
  const synthesize = ['POST', '/v1/synthesize', 200]
  const models = ['GET', '/v1/models', 200]
  const all = [
    ['an answer that the contract has lost', /synthesize.* -> 413: the contract has no such answer/,
      b => delete b.document.paths['/v1/synthesize'].post.responses['413']],
    ['a route that the contract has lost', /GET \/v1\/models.*: 404 or 400 was expected/,
      b => delete b.document.paths['/v1/models']],
    ['a method that the contract has lost', /the contract has no such method there/,
      b => { b.document.paths['/v1/decode'].put = b.document.paths['/v1/decode'].post
        delete b.document.paths['/v1/decode'].post }],
    ['a route that was never asked', /never exercised: GET \/v1\/nobody 200/,
      b => { b.document.paths['/v1/nobody'] = b.document.paths['/v1/models'] }],
    ['a code that never came', /never exercised: GET \/healthz 503/,
      b => { b.document.paths['/healthz'].get.responses['503'] = { $ref: '#/components/responses/NotReady' } }],
    ['a header that never came', /never exercised: GET \/healthz 200 header Spikeloom-Seed/,
      b => { b.document.components.responses.Live.headers['Spikeloom-Seed'] = { schema: {} } }],
    ['a media type that never came', /never exercised: GET \/healthz 200 as text\/csv/,
      b => { b.document.components.responses.Live.content['text/csv'] = {} }],
    ['a parameter that was never given', /never exercised: GET \/metrics \?since/,
      b => { b.document.paths['/metrics'].get.parameters = [{ name: 'since', in: 'query', schema: {} }] }],
    ['a value that was never given', /never exercised: .*\?polarity=sideways/,
      b => b.document.components.parameters.polarity.schema.enum.push('sideways')],
    ['a body that was never sent', /never exercised: POST \/v1\/encode of image\/gif/,
      b => { b.document.paths['/v1/encode'].post.requestBody.content['image/gif'] = {} }],
    ['a problem that never came', /never exercised: problem teapot/,
      b => b.document.components.schemas.Problem.properties.code.enum.push('teapot')],
    ['an exception that is none', /an exception for what was exercised: problem empty/,
      b => { b.exceptions.never_exercised['problem empty'] = 'x' }],
    ['an exception for nothing', /an exception for what is not in the contract/,
      b => { b.exceptions.never_exercised['GET /nothing 200'] = 'x' }],
    ['a required member that is missing', /models -> 200: .*required property 'colour'/,
      b => b.document.components.schemas.ModelCard.required.push('colour')],
    ['a member of another type', /models -> 200: .*must be string/,
      b => { b.document.components.schemas.ModelCard.properties.num_steps = { type: 'string' } }],
    ['a member that is unknown', /models -> 200: .*must NOT have additional properties/,
      b => delete b.document.components.schemas.ModelCard.properties.sha256],
    ['a parameter that the contract has lost', /it was taken with scale/,
      b => { const { post } = b.document.paths['/v1/synthesize']
        post.parameters = post.parameters.filter(({ $ref }) => !$ref.endsWith('/scale')) }],
    ['a value out of the range of the contract', /it was taken with scale=/,
      b => { b.document.components.parameters.scale.schema.maximum = 0 }],
    ['a body of the wrong schema', /decode.*it was taken with a body where .*required property 'colour'/,
      b => b.document.components.schemas.Latent.required.push('colour')],
    ['a media type that is not taken', /decode.*it was taken as/,
      b => delete b.document.paths['/v1/decode'].post.requestBody.content['*/*']],
    ['a header that is unknown', /synthesize.*the header spikeloom-mood is not in the contract/,
      b => { find(b, ...synthesize).headers['spikeloom-mood'] = ['good'] }],
    ['a header that is missing', /synthesize.*the header Spikeloom-Seed is missing/,
      b => delete find(b, ...synthesize).headers['spikeloom-seed']],
    ['a header that is there twice', /the header ETag is there twice/,
      b => find(b, ...models).headers.etag.push('"x"')],
    ['a header of the wrong form', /the header ETag: 7/,
      b => { find(b, ...models).headers.etag = ['7'] }],
    ['no request id', /the header X-Request-Id is missing/,
      b => delete find(b, ...models).headers['x-request-id']],
    ['another request id', /X-Request-Id is other, not/,
      b => { b.exchanges.find(({ request }) => request?.headers['x-request-id']?.[0].startsWith('my'))
        .headers['x-request-id'] = ['other'] }],
    ['an answer of another media type', /the contract has no text\/html there/,
      b => { find(b, ...models).headers['content-type'] = ['text/html'] }],
    ['a PNG that is none', /the body is not image\/png/,
      b => { b.exchanges.find(({ headers }) => headers['content-type']?.[0] === 'image/png').body = Buffer.from('GIF89a') }],
    ['JSON that is none', /the body is not JSON/,
      b => { find(b, ...models).body = Buffer.from('{') }],
    ['a body after HEAD', /HEAD .*there is a body/,
      b => { find(b, 'HEAD', '/v1/models', 200).body = Buffer.from('x') }],
    ['another answer to OPTIONS', /OPTIONS .*204 was expected/,
      b => { find(b, 'OPTIONS', '/v1/models', 204).status = 200 }],
    ['a page of the library with an unusual code', /libmicrohttpd has answered by itself/,
      b => { const page = b.exchanges.find(({ body }) => body.toString().startsWith('<html>'))
        page.status = 501 }]
  ]
  for (const [title, pattern, change] of all) breaks(title, exchanges, pattern, change)
}

async function testDocument() {
  const broken = structuredClone(document)
  delete broken.info
  report('found: a document that is not OpenAPI', (await documentFaults(broken)).length > 0)
  report('found: another version of OpenAPI',
    (await documentFaults({ ...document, openapi: '3.0.3' })).length > 0)
  const contract = structuredClone(document)
  contract.paths['/healthz'].get.responses['200'] = { $ref: '#/components/responses/Nobody' }
  let message = ''
  try { new Contract(contract) } catch (error) { message = error.message }
  report('found: a reference to nothing', /nothing is at/.test(message), message)
  contract.paths['/healthz'].get.responses['200'] =
    { description: '', content: { 'text/plain': { schema: { typ: 'string' } } } }
  try { new Contract(contract) } catch (error) { message = error.message }
  report('found: a misspelt keyword', /unknown keyword/.test(message), message)
}

function testDemands() {
  const [row] = rowsOf({ groups: {}, rows: [
    { about: 'x', promise: 'x', items: ['POST /v1/(encode|decode) 413'], tests: ['a.sh > b'] }] })
  const items = new Set(wanted(new Contract(document)))
  const ran = new Map([['a.sh > b', true]])
  const lacking = structuredClone(document)
  delete lacking.paths['/v1/decode'].post.responses['413']
  const fewer = new Set(wanted(new Contract(lacking)))
  const expected = (title, faults, ...patterns) => report(title,
    faults.length === patterns.length && patterns.every((pattern, i) => pattern.test(faults[i])),
    faults.join('\n# '))
  expected('a demand that is met', rowFaults(row, items, ran))
  expected('found: a demanded code that is gone', rowFaults(row, fewer, ran), /no POST \/v1\/decode 413/)
  expected('found: a demand whose test is gone', rowFaults(row, items, new Map()), /there was no test a.sh > b/)
  expected('found: a demand whose test fails', rowFaults(row, items, new Map([['a.sh > b', false]])), /it has failed/)
  expected('found: a demand without a test', rowFaults({ ...row, tests: [] }, items, ran), /no test proves it/)
  expected('found: a code that nobody demands', undemanded([row], new Set([...row.items, 'GET /x 200'])),
    /no row demands GET \/x 200/)
  report('choices are expanded', expand('(a|b) x (c|d)').join() === 'a x c,a x d,b x c,b x d')
  report('groups are expanded', expand('(ALL|X) 1', { ALL: ['X', 'c(d|e)'], X: ['a', 'b'] }).join() ===
    'a 1,b 1,cd 1,ce 1,a 1,b 1')
}

// Each code of each route, one after the other, is taken out of the contract, and demands.json has to
// miss it.
function testEachCode() {
  const rows = rowsOf(readJson('demands.json'))
  const passed = new Map(rows.flatMap(({ tests }) => tests).map(test => [test, true]))
  const items = wanted(new Contract(document))
  const codes = items.filter(item => /^[A-Z]+ \S+ \d{3}$/.test(item))
  const unmissed = codes.filter(code => {
    const fewer = new Set(items.filter(item => item !== code && !item.startsWith(`${code} `)))
    return !rows.some(row => rowFaults(row, fewer, passed).length)
  })
  report(`found: each of ${codes.length} codes when it is gone`, codes.length > 0 && !unmissed.length,
    unmissed.join('\n# '))
  report('the contract itself lacks none', !rows.some(row =>
    rowFaults(row, new Set(items), passed).length))
}

// A recording of one connection: pairs of kind and text.
function recordingOf(...parts) {
  return Buffer.concat(parts.flatMap(([kind, text]) => {
    const head = Buffer.alloc(12)
    head.writeUInt32LE(1, 0)
    head.writeUInt32LE(kind.charCodeAt(0), 4)
    head.writeUInt32LE(text.length, 8)
    return [head, Buffer.from(text, 'latin1')]
  }))
}

function testRecording() {
  const summary = parts => readRecording(recordingOf(...parts))
    .map(({ request, status, body, cut }) =>
      [request?.method, request?.path, request?.body.toString(), status, body.toString(), Boolean(cut || request?.cut)].join(' '))
    .join(', ')
  const reads = (title, want, ...parts) => report(`reads ${title}`, summary(parts) === want, summary(parts))
  const answer = text => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`
  reads('requests in one piece, answers in several', 'GET /a  200 one false, GET /b  200 two false',
    ['r', 'GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n'], ['s', answer('one').slice(0, 9)],
    ['s', answer('one').slice(9)], ['s', answer('two')])
  reads('chunks and 100 Continue', 'POST /c hello 200 x false',
    ['r', 'POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'], ['s', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['r', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'], ['s', answer('x')])
  reads('HEAD, then GET', 'HEAD /  200  false, GET /  200 x false',
    ['r', 'HEAD / HTTP/1.1\r\n\r\n'], ['s', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n'],
    ['r', 'GET / HTTP/1.1\r\n\r\n'], ['s', answer('x')])
  reads('on after a body that was left out', 'POST /d he 200 x true, GET /e  200 y false',
    ['r', 'POST /d HTTP/1.1\r\nContent-Length: 9\r\n\r\nhe'], ['R', ''], ['s', answer('x')],
    ['r', 'GET /e HTTP/1.1\r\n\r\n'], ['s', answer('y')])
  reads('an answer to what is no HTTP', '   400  false',
    ['r', 'nonsense\r\n\r\n'], ['s', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'])
  reads('nothing of what is encrypted', '', ['r', '\x16\x03\x01'], ['s', '\x16\x03\x03'])
}

const exchanges = sample(readFolders(process.argv.slice(2)))
const clean = faultsOf(new Contract(document), exchanges)
report('the recording itself is clean', clean.length === 0, clean.slice(0, 3).join('\n# '))
testContract(exchanges)
await testDocument()
testDemands()
testEachCode()
testRecording()
console.log(`${sum.passed} passed, ${sum.failed} failed, 0 skipped`)
process.exitCode = sum.failed ? 1 : 0
