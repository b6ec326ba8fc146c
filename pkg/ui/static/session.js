// Warns two minutes before the person is signed out (ui.Session), the same in all tabs, and keeps what they typed for
// when they come back to this tab.
const endsKey = 'waypost-session-ends'
const keptKey = 'waypost-kept'
const warnFor = 120 // seconds

export function startSession() {
  const dialog = document.getElementById('session-warning')
  if (!dialog) return
  const { seconds, stay, leave, person } = dialog.dataset
  const begin = () => localStorage.setItem(endsKey, Date.now() + seconds * 1000)
  const left = () => Math.round((localStorage.getItem(endsKey) - Date.now()) / 1000)
  const staySignedIn = async () => {
    const answer = await fetch(stay, { headers: { Accept: 'application/json' }, redirect: 'manual' }).catch(() => null)
    if (answer?.ok) begin()
  }

  bringBack(person)
  begin()
  dialog.addEventListener('cancel', staySignedIn) // Esc
  dialog.querySelector('button').addEventListener('click', () => {
    dialog.close()
    staySignedIn()
  })

  let spoken = Infinity
  const tick = () => {
    const n = left()
    if (n <= 0) {
      keep(person)
      location.assign(leave)
      return clearInterval(timer)
    }
    if (n > warnFor) {
      spoken = Infinity
      return dialog.close()
    }
    if (!dialog.open) dialog.showModal()
    dialog.querySelector('[data-left]').textContent = inWords(n)
    // Read out every 15 seconds, not every second.
    if (n <= spoken - 15) {
      spoken = n
      dialog.querySelector('[data-spoken]').textContent = `You will be signed out in ${inWords(n)}`
    }
  }
  const timer = setInterval(tick, 1000)
  addEventListener('storage', (event) => event.key === endsKey && tick())
  tick()
}

function inWords(n) {
  const count = (k, noun) => `${k} ${noun}${k === 1 ? '' : 's'}`
  const [minutes, seconds] = [Math.floor(n / 60), n % 60]
  return [minutes && count(minutes, 'minute'), seconds && count(seconds, 'second')].filter(Boolean).join(' ')
}

const fields = () => document.querySelectorAll('main form[method=post] :is(input:not([type=hidden], [type=password]), select, textarea)')

// keep puts what was typed into this tab's own store. It is given back to the same person on the same page only, and is
// gone with the tab.
function keep(person) {
  const values = [...fields()].map((f) => (f.type === 'checkbox' || f.type === 'radio' ? f.checked : f.value))
  sessionStorage.setItem(keptKey, JSON.stringify({ person, page: location.pathname + location.search, values }))
}

function bringBack(person) {
  const kept = JSON.parse(sessionStorage.getItem(keptKey) ?? 'null')
  if (!kept || (kept.person === person && kept.page !== location.pathname + location.search)) return
  sessionStorage.removeItem(keptKey)
  const all = [...fields()]
  if (kept.person !== person || kept.values.length !== all.length) return
  all.forEach((f, i) => (f.type === 'checkbox' || f.type === 'radio' ? (f.checked = kept.values[i]) : (f.value = kept.values[i])))
}
