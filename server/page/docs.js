// Shows the contract that this very daemon serves by Swagger UI, where the build has it; where not,
// the page stays as it is.
import { find, findAll } from './dom.js'

// A path is no link within the button that opens it, and there is one server to ask, this one.
const plugin = () => ({
  wrapComponents: {
    DeepLink: (original, { React }) => ({ text }) => React.createElement('span', {}, text),
    ServersContainer: () => () => null
  }
})

function followTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
  dark.addEventListener('change', follow)
  follow()
}

// Screen readers and the keyboard get what Swagger UI leaves out: names, and code that scrolls.
function nameAll() {
  for (const field of findAll('#main :is(select, input, textarea):not([aria-label], [id])'))
    field.setAttribute('aria-label', field.closest('[data-param-name]')?.dataset.paramName ?? (field.type === 'file' ? 'File to send' : 'Media type'))
  for (const button of findAll('#main .close-modal:not([aria-label])')) button.setAttribute('aria-label', 'Close')
  for (const button of findAll('#main .auth-btn-wrapper [aria-label]')) button.removeAttribute('aria-label') // not what is written on it
  for (const code of findAll('#main pre:not([tabindex])')) code.tabIndex = 0
}

if (window.SwaggerUIBundle) {
  followTheme()
  find('#licence').hidden = false
  new MutationObserver(nameAll).observe(find('#main'), { childList: true, subtree: true })
  window.SwaggerUIBundle({
    url: '/openapi.json', domNode: find('#main'), deepLinking: true, syntaxHighlight: false, validatorUrl: null, plugins: [plugin]
  })
}
