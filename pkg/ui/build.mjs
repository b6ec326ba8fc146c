// Copies what the pages are served with out of node_modules into assets/, which Go embeds. Run by `npm run assets`.
//
// Three things are changed on the way: the fonts are taken off (they live on a remote host and are licensed to the NHS
// alone), links to images become relative (we serve them under a hash), and source maps are not mentioned.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const from = (path) => readFileSync(join(here, 'node_modules', path), 'utf8')
const nhsuk = 'nhsuk-frontend/dist/nhsuk/'
const systemFonts = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",arial,sans-serif'

const unmapped = (text) => text.replace(/\n?\/[*/]# sourceMappingURL=.*$/s, '\n')
const css = unmapped(from(nhsuk + 'nhsuk-frontend.min.css'))
  .replace(/@font-face\{[^}]*\}/g, '')
  .replaceAll('Frutiger W01,arial,sans-serif', systemFonts)
  .replaceAll('url(/assets/images/', 'url(images/')
if (/https?:\/\/(?!www\.w3\.org)|Frutiger/.test(css)) {
  throw new Error('the stylesheet still names a remote host or the NHS font: build.mjs no longer fits nhsuk-frontend')
}

// Their licences ask that whoever gets a copy is told whose it is: at the end, because @charset must be first.
const told = (name) => {
  const { version, license, homepage } = JSON.parse(from(name + '/package.json'))
  return `\n/*! ${name} ${version}, ${license} licence, ${homepage} */\n`
}

const files = {
  'nhsuk-frontend.css': css + told('nhsuk-frontend'),
  'nhsuk-frontend.js': unmapped(from(nhsuk + 'nhsuk-frontend.min.js')) + told('nhsuk-frontend'),
  'htmx.js': from('htmx.org/dist/htmx.min.js') + told('htmx.org'),
}
for (const [, image] of css.matchAll(/url\(images\/([a-z-]+\.svg)\)/g)) {
  files['images/' + image] = from(nhsuk + 'assets/images/' + image)
}

const assets = join(here, 'assets')
mkdirSync(join(assets, 'images'), { recursive: true })
for (const name of readdirSync(assets, { recursive: true, withFileTypes: true })) {
  if (name.isFile() && name.name !== '.keep') rmSync(join(name.parentPath, name.name))
}
for (const [name, text] of Object.entries(files)) {
  writeFileSync(join(assets, name), text)
  if (text.length > 2000) writeFileSync(join(assets, name + '.gz'), gzipSync(text, { level: 9 }))
}
const digest = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12)
console.log(`assets: ${Object.keys(files).length} files, ${digest}`)
