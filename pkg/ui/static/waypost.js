// The pages work without scripts; these make them better. This one starts nhsuk-frontend and the others.
import { initAll } from './nhsuk-frontend.js'
import { startLive } from './live.js'
import { startSession } from './session.js'

startLive() // first: it looks at the sections as the server sent them
startSession()
initAll()

// What htmx brings in later gets its behaviour too.
document.addEventListener('htmx:load', (event) => {
  if (event.target !== document.body) initAll({ scope: event.target })
})

// A part that another service owes (ui.Fetched) did not come: say so, and leave the link to it.
for (const failure of ['htmx:timeout', 'htmx:sendError', 'htmx:responseError']) {
  document.addEventListener(failure, (event) => {
    const late = event.target.querySelector('[data-late]')
    if (late) late.hidden = false
  })
}
