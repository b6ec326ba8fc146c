// Live sections (ui.Live): htmx fetches the page again, on a "changed" from the server and every so often; this decides
// whether the section may be replaced, and does it without anybody losing their place.
import { initAll } from './nhsuk-frontend.js'

const shown = new WeakMap() // section → what the server last sent, as it was before scripts touched it

export function startLive() {
  for (const section of document.querySelectorAll('.waypost-live')) {
    shown.set(section, words(bodyOf(section)))
    if (section.dataset.events) listen(section)
  }
  document.addEventListener('htmx:beforeSwap', (event) => {
    const section = event.target.closest('.waypost-live')
    if (!section || event.target !== bodyOf(section)) return
    event.detail.shouldSwap = false // we do it
    if (event.detail.xhr.status !== 200) return
    const page = new DOMParser().parseFromString(event.detail.serverResponse, 'text/html')
    const next = page.getElementById(event.target.id) // none: the answer is a page to sign in, for example
    if (next && words(next) !== shown.get(section)) replace(section, next)
  })
}

const bodyOf = (section) => section.querySelector('[data-live-body]')

// words is what a section says, without the keys that are new each time.
function words(body) {
  const copy = body.cloneNode(true)
  for (const input of copy.querySelectorAll('input[type=hidden]')) input.remove()
  return copy.innerHTML
}

function replace(section, next) {
  const body = bodyOf(section)
  const note = section.querySelector('[data-live-note]')
  if (busy(body)) {
    note.textContent = `Changed at ${next.dataset.updated}. Not shown while you are filling something in.`
    return
  }
  shown.set(section, words(next))
  const open = [...body.querySelectorAll('details[id][open]')].map((d) => d.id)
  const focused = body.contains(document.activeElement) ? document.activeElement : null
  body.replaceWith(document.adoptNode(next))
  for (const id of open) document.getElementById(id)?.setAttribute('open', '')
  initAll({ scope: next })
  window.htmx.process(next)
  if (focused) sameIn(next, focused)?.focus({ preventScroll: true })
  note.textContent = `Updated at ${next.dataset.updated}`
}

// busy tells whether somebody is filling something in: a field has the focus or is not as the server sent it.
function busy(body) {
  if (document.activeElement.matches('input:not([type=hidden]), select, textarea') && body.contains(document.activeElement)) return true
  return [...body.querySelectorAll('input, select, textarea')].some((field) => {
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked
    if (field.options) return [...field.options].some((o) => o.defaultSelected && !o.selected)
    return field.value !== field.defaultValue
  })
}

// sameIn finds in a new body what had the focus in the old one.
function sameIn(next, old) {
  if (old.id) return document.getElementById(old.id)
  const href = old.getAttribute('href')
  return [...next.querySelectorAll(old.tagName)].find((e) => e.getAttribute('href') === href && e.textContent === old.textContent)
}

// listen keeps one stream open while the tab is seen. Hidden tabs let theirs go, because a browser has only six
// connections to a host, and look again when they come to the front.
function listen(section) {
  const refresh = () => window.htmx?.trigger(section.querySelector('[hx-get]'), 'changed')
  let source = null
  const update = () => {
    if (document.hidden) {
      source?.close()
      source = null
    } else if (!source || source.readyState === EventSource.CLOSED) {
      source = new EventSource(section.dataset.events)
      source.addEventListener('changed', refresh) // it also says so when it begins: something may have been missed
    }
  }
  document.addEventListener('visibilitychange', update)
  section.addEventListener('htmx:afterRequest', update) // a stream that the server refused is tried again at the slow poll
  update()
}
