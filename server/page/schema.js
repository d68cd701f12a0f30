// A JSON schema of the contract in words and lists.
import { make } from './dom.js'

const anchorOf = reference => reference.split('/').at(-1)

// Follows a reference within the document.
export function resolve(document, thing) {
  if (!thing?.$ref) return thing
  const found = thing.$ref.slice(2).split('/').reduce((place, name) => place[name], document)
  return { ...resolve(document, found), ...thing.description && { description: thing.description } }
}

function range({ minimum, maximum, minItems, maxItems, maxLength }) {
  const least = minimum ?? minItems
  const most = maximum ?? maxItems ?? maxLength
  if (least !== undefined && most !== undefined) return `${least} to ${most}`
  if (least !== undefined) return `at least ${least}`
  return most === undefined ? '' : `at most ${most}`
}

function kindOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(', ')
  if (schema.prefixItems) return `[${schema.prefixItems.map(kindOf).join(', ')}]`
  if (schema.type === 'string' && schema.contentEncoding) return `${schema.contentEncoding} of ${schema.contentMediaType ?? 'bytes'}`
  if (schema.type === 'string' && schema.contentMediaType) return schema.contentMediaType
  return schema.type ?? 'anything'
}

function restOf(schema) {
  const parts = [range(schema)]
  if (schema.pattern) parts.push(`as ${schema.pattern}`)
  if (schema.default !== undefined) parts.push(`default ${JSON.stringify(schema.default)}`)
  return parts.filter(Boolean).join(', ')
}

const linkTo = reference => make('a', { href: `#schema-${anchorOf(reference)}` }, anchorOf(reference))

// "integer, 1 to 32, default 1", "list of Latent": as nodes, since names of schemas are links.
export function describe(schema) {
  if (schema.$ref) return [linkTo(schema.$ref)]
  if (schema.anyOf) return schema.anyOf.flatMap((one, i) => i ? [' or ', ...describe(one)] : describe(one))
  const rest = restOf(schema)
  if (schema.type === 'array' && schema.items && !schema.items.prefixItems)
    return ['list of ', ...describe(schema.items), ...rest ? [`, ${rest}`] : []]
  if (schema.type === 'array' && schema.items) return [`list of ${kindOf(schema.items)}`]
  return [kindOf(schema) + (rest ? `, ${rest}` : '')]
}

// Members of an object, and of objects within; of other schemas nothing.
export function members(schema) {
  const object = schema.items && !schema.items.$ref ? schema.items : schema
  if (!object.properties) return []
  return [make('ul', { className: 'members' }, ...Object.entries(object.properties).map(([name, member]) =>
    make('li', {}, ...term(name, member, object.required?.includes(name)), ...members(member))))]
}

// One name with what it may be and what it means.
export function term(name, schema, required, description = schema.description) {
  return [make('b', {}, name), ' ', make('span', { className: 'kind' }, ...describe(schema)),
    ...required ? [' ', make('span', { className: 'must' }, 'required')] : [],
    ...description ? [make('div', { className: 'note' }, description)] : []]
}
