// Shows what went wrong, in plain words with the request's id, and a way on: again, or with a key.
import { hasKey, useKey } from './api.js'
import { find, make } from './dom.js'

function keyForm(again) {
  const input = make('input', { type: 'password', autocomplete: 'off', required: true })
  const form = make('form', { className: 'row' },
    make('label', { className: 'field' }, 'API key', input),
    make('button', { className: 'small' }, 'Use it'))
  form.addEventListener('submit', event => {
    event.preventDefault()
    useKey(input.value.trim())
    again()
  })
  return form
}

export function hideFailure(box) {
  box.hidden = true
  box.replaceChildren()
}

export function showFailure(box, failure, again) {
  const text = failure.status === 401 && hasKey() ? 'The server does not know this API key.' : failure.message
  box.replaceChildren(make('p', {}, text))
  if (failure.requestId)
    box.append(make('p', { className: 'note' }, 'Request ', make('code', {}, failure.requestId)))
  if (failure.status === 401) box.append(keyForm(again))
  else if (again && (failure.status === 0 || failure.status === 429 || failure.status >= 500)) {
    const button = make('button', { type: 'button', className: 'small' }, 'Try again')
    button.addEventListener('click', again)
    box.append(make('p', {}, button))
  }
  box.hidden = false
}

// Runs an action of a view: what it throws is shown in `box`, with the same action to try again.
export async function guarded(box, action) {
  hideFailure(box)
  try {
    return await action()
  } catch (error) {
    if (error.name === 'AbortError') return undefined
    if (error.status === undefined) console.error(error)
    showFailure(box, error, () => guarded(box, action))
    if (error.status === 401) find('input', box)?.focus()
    return undefined
  }
}
