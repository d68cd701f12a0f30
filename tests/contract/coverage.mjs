// Everything of the contract that an exchange can exercise, each in words:
//
//   GET /v1/models 200                     an answer
//   GET /v1/models 200 as application/json in a media type
//   GET /v1/models 200 header ETag         with a header
//   POST /v1/encode ?seed                  a parameter, on a request that was served
//   POST /v1/encode ?encoding=bitmap       one of its values
//   POST /v1/encode field X-Request-Id     a header of a request
//   POST /v1/encode of image/png           a body
//   HEAD /, OPTIONS /, OPTIONS             what the paths have in common; OPTIONS *
//   anywhere 404                           an answer that needs no path of the contract
//   any header tracestate                  a header that may come with any answer
//   problem too_large                      a code of a problem

function* ofOperation(operation) {
  for (const [status, response] of operation.responses) {
    if (status === 'default') continue // what should not happen
    const name = `${operation.name} ${status}`
    yield name
    for (const { type } of response.content) yield `${name} as ${type}`
    for (const header of response.headers) yield `${name} header ${header.name}`
  }
  for (const { name, place, schema } of operation.parameters) {
    if (place === 'header') yield `${operation.name} field ${name}`
    if (place !== 'query') continue
    yield `${operation.name} ?${name}`
    for (const value of schema?.enum ?? []) yield `${operation.name} ?${name}=${value}`
  }
  for (const { type } of operation.body) yield `${operation.name} of ${type}`
}

export function wanted(contract) {
  const items = ['OPTIONS', ...contract.always.map(({ name }) => `any header ${name}`),
    ...[...contract.anywhere.keys()].map(status => `anywhere ${status}`)]
  for (const operation of contract.operations) items.push(...ofOperation(operation))
  for (const path of new Set(contract.operations.map(({ path }) => path))) items.push(`OPTIONS ${path}`)
  for (const { path, method } of contract.operations) if (method === 'GET') items.push(`HEAD ${path}`)
  for (const code of contract.document.components.schemas.Problem.properties.code.enum)
    items.push(`problem ${code}`)
  return items
}

// What was never exercised and is no exception, and exceptions that are none.
export function coverageFaults(contract, exceptions, seen) {
  const items = wanted(contract)
  const excused = Object.keys(exceptions.never_exercised)
  return [
    ...items.filter(item => !seen.has(item) && !excused.includes(item))
      .filter((item, _, missing) => !missing.some(other => item.startsWith(`${other} `)))
      .map(item => `never exercised: ${item}`),
    ...excused.filter(item => !items.includes(item)).map(item => `an exception for what is not in the contract: ${item}`),
    ...excused.filter(item => seen.has(item)).map(item => `an exception for what was exercised: ${item}`)
  ]
}
