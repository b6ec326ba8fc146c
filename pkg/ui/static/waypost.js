// The pages work without this. It starts nhsuk-frontend, and keeps a live section from pulling the page away from
// under somebody's hands.
import { initAll } from './nhsuk-frontend.js'

initAll()
document.addEventListener('htmx:load', (event) => {
  if (event.target !== document.body) initAll({ scope: event.target })
})
