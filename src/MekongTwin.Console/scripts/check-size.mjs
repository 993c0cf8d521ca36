// The page must open quickly over a slow line: everything built, all languages together, stays under the bound. What draws the
// map is fetched later, when the map comes into sight, and has a bound of its own.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BytesMax = 64 * 1024
const MapBytesMax = 450 * 1024
const folder = new URL('../dist/', import.meta.url)
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
const ofMap = files.filter(file => /^(map-view|maplibre)/.test(file.name))
const size = list => list.reduce((sum, file) => sum + gzipSync(readFileSync(`${file.parentPath}/${file.name}`)).length, 0)
const [page, map] = [size(files.filter(file => !ofMap.includes(file))), size(ofMap)]

console.log(`${files.length} files: the page ${(page / 1024).toFixed(1)} KiB compressed of ${BytesMax / 1024}, the map ${(map / 1024).toFixed(1)} of ${MapBytesMax / 1024}`)
process.exit(page > BytesMax || map > MapBytesMax ? 1 : 0)
