// The contract of api/openapi.yaml as the checks want it: operations with everything that they
// refer to put in place, and a function for each schema.
//
// What no operation can say holds for all paths: HEAD is GET without its body, and some answers are
// the same everywhere. Its own x-on-any-answer lists headers that may come with any answer.
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Validator } from '@seriousme/openapi-schema-validator'

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace']

// Responses of the contract by their status: to OPTIONS, to what is no HTTP or too long, and to a
// path that is none; below /v2 errors have a form of their own.
const ANYWHERE = { 204: 'Options', 400: 'BadRequest', 404: 'NotFound', '404 /v2': 'OipNotFound' }

// Faults of the document itself, by the meta-schema of OpenAPI 3.1.
export async function documentFaults(document) {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  if (!valid) return [].concat(errors).map(error => error.message ?? String(error))
  return validator.version === '3.1' ? [] : [`OpenAPI ${validator.version}, not 3.1`]
}

// The same schema with references that hold outside the document.
const toJsonSchema = schema => JSON.parse(JSON.stringify(schema)
  .replaceAll('"#/components/schemas/', '"contract:#/$defs/'))

export class Contract {
  constructor(document) {
    this.document = document
    this.compiled = new Map()
    this.ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
    addFormats(this.ajv)
    this.ajv.addSchema({ $id: 'contract:', $defs: toJsonSchema(document.components.schemas) })
    this.anywhere = new Map(Object.entries(ANYWHERE)
      .map(([key, name]) => [key, this.response(`#/components/responses/${name}`)]))
    this.always = this.headers(document['x-on-any-answer'])
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.filter(method => item[method]).map(method =>
        this.operation(path, method.toUpperCase(), item, item[method])))
  }

  // What a reference stands for, or the thing itself.
  resolve(thing) {
    if (!thing?.$ref) return thing
    const found = thing.$ref.slice(2).split('/').reduce((at, key) =>
      at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], this.document)
    if (!found) throw new Error(`nothing is at ${thing.$ref}`)
    return this.resolve(found)
  }

  // A function that returns the faults of a value; the same one for the same schema.
  compile(schema = {}) {
    const key = JSON.stringify(schema)
    if (!this.compiled.has(key)) this.compiled.set(key, this.compileNew(schema))
    return this.compiled.get(key)
  }

  compileNew(schema) {
    const validate = this.ajv.compile(toJsonSchema(schema))
    return value => validate(value) ? [] : validate.errors.slice(0, 5).map(
      ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`)
  }

  content(content) {
    return Object.entries(content ?? {}).map(([type, { schema }]) =>
      ({ type, faults: this.compile(schema) }))
  }

  parameter(parameter) {
    const { name, in: place, required = false, schema } = this.resolve(parameter)
    return { name, place, required, schema, faults: this.compile(schema) }
  }

  response(reference) {
    const { headers, content } = this.resolve(typeof reference === 'string' ? { $ref: reference } : reference)
    return { headers: this.headers(headers), content: this.content(content) }
  }

  headers(headers) {
    return Object.entries(headers ?? {}).map(([name, header]) => {
      const { required = false, schema } = this.resolve(header)
      return { name, required, schema, faults: this.compile(schema) }
    })
  }

  operation(path, method, item, operation) {
    const parts = path.split(/\{[^}]*\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return {
      name: `${method} ${path}`,
      path,
      method,
      pattern: new RegExp(`^${parts.join('([^/]+)')}$`),
      parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])]
        .map(parameter => this.parameter(parameter)),
      body: this.content(this.resolve(operation.requestBody)?.content),
      bodyRequired: this.resolve(operation.requestBody)?.required ?? false,
      responses: new Map(Object.entries(operation.responses)
        .map(([status, response]) => [status, this.response(response)]))
    }
  }

  // The operations of a path as it was sent: literal paths come before patterns.
  operationsAt(path) {
    const literal = this.operations.filter(operation => operation.path === path)
    return literal.length ? literal
      : this.operations.filter(operation => this.pathFits(operation, path))
  }

  pathFits(operation, path) {
    const values = operation.pattern.exec(path)?.slice(1)
    return values !== undefined && operation.parameters.filter(({ place }) => place === 'path')
      .every((parameter, i) => parameter.faults(values[i]).length === 0)
  }
}

// Whether a media type of the contract ("*/*" too) covers one of a message.
export function mediaFits(pattern, type) {
  const [kind, subkind] = pattern.split('/')
  const [otherKind, otherSubkind] = type.split('/')
  return (kind === '*' || kind === otherKind) && (subkind === '*' || subkind === otherSubkind)
}

export const mediaType = value => value?.split(';')[0].trim().toLowerCase()
