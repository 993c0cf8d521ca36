// The page must open quickly over a slow line: everything built, all languages together, stays under the bound. What draws the
// map and what asks for studies, with its texts, is fetched later, when it comes into sight, and has bounds of its own.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BytesMax = 80 * 1024
const MapBytesMax = 450 * 1024
const StudiesBytesMax = 64 * 1024
const folder = new URL('../dist/', import.meta.url)
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
const ofMap = files.filter(file => /^(map-view|maplibre)/.test(file.name))
const ofStudies = files.filter(file => /^studies/.test(file.name))
const size = list => list.reduce((sum, file) => sum + gzipSync(readFileSync(`${file.parentPath}/${file.name}`)).length, 0)
const [page, map, studies] = [size(files.filter(file => !ofMap.includes(file) && !ofStudies.includes(file))), size(ofMap), size(ofStudies)]

console.log(`${files.length} files: the page ${(page / 1024).toFixed(1)} KiB compressed of ${BytesMax / 1024}, the map ${(map / 1024).toFixed(1)} of ${MapBytesMax / 1024}, studies ${(studies / 1024).toFixed(1)} of ${StudiesBytesMax / 1024}`)
process.exit(page > BytesMax || map > MapBytesMax || studies > StudiesBytesMax ? 1 : 0)
