// Fails the build when a locale lacks a key, has one too many, leaves a text empty or changes the {placeholders};
// when English has a text that no source file and no code group uses, or has it both for the page and for studies.
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../src/locales/', import.meta.url)
const source = new URL('../src/', import.meta.url)
const read = name => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
const placeholders = text => [...text.matchAll(/\{\w+\}/g)].map(match => match[0]).sort().join(' ')

const names = readdirSync(folder).filter(name => name.endsWith('.json'))
const [ofPage, ofStudies] = [read('en.json'), read('studies-en.json')]
const faults = Object.keys(ofPage).filter(key => key in ofStudies).map(key => `en.json: ${key} is in studies-en.json too`)

for (const name of names) {
  const locale = read(name)
  const english = name.startsWith('studies-') ? ofStudies : ofPage
  for (const [key, text] of Object.entries(english)) {
    if (!(key in locale)) faults.push(`${name}: ${key} is missing`)
    else if (text !== '' && locale[key].trim() === '') faults.push(`${name}: ${key} is empty`)
    else if (placeholders(text) !== placeholders(locale[key])) {
      faults.push(`${name}: ${key} has placeholders "${placeholders(locale[key])}", English "${placeholders(text)}"`)
    }
  }
  for (const key of Object.keys(locale)) if (!(key in english)) faults.push(`${name}: ${key} is not in English`)
}

const code = readdirSync(source).filter(name => name.endsWith('.ts'))
  .map(name => readFileSync(new URL(name, source), 'utf8')).join('\n')
const byCode = /^(kind|metric|reason|quality|freshness|geography|parent|finding|advice)\./
const keys = [...Object.keys(ofPage), ...Object.keys(ofStudies)]
for (const key of keys) {
  if (!code.includes(`'${key}'`) && !byCode.test(key) && !code.includes(`\`${key.split('.')[0]}.\${`)) {
    faults.push(`English: ${key} is not used`)
  }
}

if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`${names.length / 2} locales, ${keys.length} texts each`)
