// The page must open quickly over a slow line: everything built, all languages together, stays under the bound.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BytesMax = 60 * 1024
const folder = new URL('../dist/', import.meta.url)
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
const total = files.reduce((sum, file) => sum + gzipSync(readFileSync(`${file.parentPath}/${file.name}`)).length, 0)

console.log(`${files.length} files, ${(total / 1024).toFixed(1)} KiB compressed of ${BytesMax / 1024} KiB`)
process.exit(total > BytesMax ? 1 : 0)
