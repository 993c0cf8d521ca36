// Fails the build when a locale lacks a key, has one too many, leaves a text empty or changes the {placeholders};
// or when English has a text that no source file and no code group uses.
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../src/locales/', import.meta.url)
const source = new URL('../src/', import.meta.url)
const read = name => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
const placeholders = text => [...text.matchAll(/\{\w+\}/g)].map(match => match[0]).sort().join(' ')

const english = read('en.json')
const names = readdirSync(folder).filter(name => name.endsWith('.json'))
const faults = []

for (const name of names) {
  const locale = read(name)
  for (const [key, text] of Object.entries(english)) {
    if (!(key in locale)) faults.push(`${name}: ${key} is missing`)
    else if (text !== '' && locale[key].trim() === '') faults.push(`${name}: ${key} is empty`)
    else if (placeholders(text) !== placeholders(locale[key])) {
      faults.push(`${name}: ${key} has placeholders "${placeholders(locale[key])}", English "${placeholders(text)}"`)
    }
  }
  for (const key of Object.keys(locale)) if (!(key in english)) faults.push(`${name}: ${key} is not in en.json`)
}

const code = readdirSync(source).filter(name => name.endsWith('.ts'))
  .map(name => readFileSync(new URL(name, source), 'utf8')).join('\n')
const byCode = /^(kind|metric|reason|quality|freshness|geography|parent|finding|advice)\./
for (const key of Object.keys(english)) {
  if (!code.includes(`'${key}'`) && !byCode.test(key) && !code.includes(`\`${key.split('.')[0]}.\${`)) {
    faults.push(`en.json: ${key} is not used`)
  }
}

if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`${names.length} locales, ${Object.keys(english).length} texts each`)
