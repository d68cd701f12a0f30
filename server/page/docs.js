// The documentation of the API, made of the contract that this very daemon serves.
import { getJson } from './api.js'
import { calmed, find, findAll, make } from './dom.js'
import { guarded } from './failure.js'
import { describe, members, resolve, term } from './schema.js'

const METHODS = ['get', 'post', 'put', 'delete']
const TITLES = { inference: 'Inference', models: 'Models', protocol: 'Open Inference Protocol', operation: 'Operation' }
const FILES = { audio: 'digit.wav', image: 'digit.png', json: 'body.json' }

let contract

// A path that may break after its slashes.
const broken = path => path.split(/(?<=\/)/).flatMap(part => [part, make('wbr')])
const verb = method => make('span', { className: `verb ${method}` }, method)

// All operations, {method, path, tag, ...}, in the order of the document.
function operationsOf({ paths }) {
  return Object.entries(paths).flatMap(([path, item]) => METHODS.filter(method => item[method]).map(method => ({
    ...item[method], method, path, tag: item[method].tags[0],
    parameters: [...item.parameters ?? [], ...item[method].parameters ?? []].map(parameter => resolve(contract, parameter))
  })))
}

function fileOf(types) {
  if (types.some(type => type.startsWith('audio/'))) return FILES.audio
  return types.some(type => type.startsWith('image/')) ? FILES.image : FILES.json
}

function exampleOf({ method, path, requestBody, responses }) {
  const body = requestBody ? `--data-binary @${fileOf(Object.keys(requestBody.content))} ` : method === 'post' ? '-X POST ' : ''
  const picture = 'image/png' in (resolve(contract, responses[200]).content ?? {}) && !path.includes('{') ? '-o picture.png ' : ''
  return `curl ${body}${picture}'${location.origin}${path}'`
}

function list(title, entries) {
  return entries.length ? [make('h4', {}, title), make('ul', { className: 'members' }, ...entries)] : []
}

const parametersOf = ({ parameters }) => list('Parameters', parameters.map(({ name, in: place, schema, required, description }) =>
  make('li', {}, ...term(name, schema, required, `${place === 'query' ? '' : `In the ${place}. `}${description ?? ''}`))))

// Media types with the schemas behind them, each schema once.
function contentOf(content) {
  return Object.entries(content).map(([type, { schema = {} }]) => {
    const known = Object.keys(schema).length > 0 && schema.contentMediaType !== type
    return make('li', {}, make('b', {}, type), ' ',
      ...known ? [make('span', { className: 'kind' }, ...describe(schema))] : [], ...members(schema))
  })
}

function bodyOf({ requestBody }) {
  if (!requestBody) return []
  const { description, content } = resolve(contract, requestBody)
  return [...list('Body', contentOf(content)), ...description ? [make('p', { className: 'note' }, description)] : []]
}

function answerOf([code, reference]) {
  const { description, headers = {}, content = {} } = resolve(contract, reference)
  const inside = [...list('Body', contentOf(content)), ...list('Headers', Object.entries(headers).map(([name, header]) => {
    const { schema, required, description: about } = resolve(contract, header)
    return make('li', {}, ...term(name, schema, required, about))
  }))]
  return make('details', {}, make('summary', {}, make('b', {}, code), description), make('div', { className: 'inside' }, ...inside))
}

function articleOf(operation) {
  const { operationId, method, path, summary, description, security, responses } = operation
  const open = security?.length === 0
  return make('article', { className: 'card operation', id: operationId },
    make('h3', {}, verb(method), make('span', {}, ...broken(path))),
    make('p', {}, summary), ...description ? [make('p', { className: 'note' }, description)] : [],
    ...open ? [make('p', { className: 'note' }, 'Answers without a key, even where keys are wanted.')] : [],
    make('pre', { tabIndex: 0 }, make('code', {}, exampleOf(operation))),
    ...parametersOf(operation), ...bodyOf(operation),
    make('h4', {}, 'Answers'), make('div', { className: 'answers' }, ...Object.entries(responses).map(answerOf)))
}

function schemaOf([name, schema]) {
  const examples = (schema.examples ?? []).map(example => make('pre', { tabIndex: 0 }, make('code', {}, JSON.stringify(example, null, 2))))
  return make('article', { className: 'card operation', id: `schema-${name}` }, make('h3', {}, name),
    ...schema.description ? [make('p', {}, schema.description)] : [],
    make('p', { className: 'kind' }, ...describe(schema)), ...members(schema), ...examples)
}

const linkOf = (href, ...text) => make('a', { href }, ...text)

// A group of articles, and its links in the table of contents.
function addGroup(title, articles, links) {
  find('#operations').append(make('section', {}, make('h2', { className: 'group' }, title), ...articles))
  find('#contents').append(make('section', {}, make('h2', {}, title), ...links))
}

function filter() {
  const words = find('#filter').value.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = element => words.every(word => element.textContent.toLowerCase().includes(word))
  let found = 0
  for (const article of findAll('article')) {
    article.hidden = !fits(article)
    found += article.hidden ? 0 : 1
    find(`#contents a[href="#${article.id}"]`).hidden = article.hidden
  }
  for (const section of findAll('#operations section, #contents section'))
    section.hidden = !findAll('article, a', section).some(({ hidden }) => !hidden)
  find('#found').textContent = words.length ? `${found} found` : ''
}

function show() {
  find('#about').textContent = `What ${contract.info.title} ${contract.info.version} answers to whom, by the contract that it serves.`
  find('#more').textContent = contract.info.description
  const operations = operationsOf(contract)
  for (const { name } of contract.tags) {
    const group = operations.filter(({ tag }) => tag === name)
    addGroup(TITLES[name] ?? name, group.map(articleOf), group.map(({ operationId, method, path }) => linkOf(`#${operationId}`, verb(method), make('span', {}, ...broken(path)))))
  }
  const schemas = Object.entries(contract.components.schemas)
  addGroup('Schemas', schemas.map(schemaOf), schemas.map(([name]) => linkOf(`#schema-${name}`, name)))
  find('#filter').addEventListener('input', calmed(150, filter))
  if (location.hash) find(`[id="${CSS.escape(location.hash.slice(1))}"]`)?.scrollIntoView()
}

guarded(find('#failure'), async () => {
  contract = await getJson('/openapi.json')
  show()
})
