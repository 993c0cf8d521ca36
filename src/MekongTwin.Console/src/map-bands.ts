import type { TextKey } from './text'

/** One class of what is drawn: from this value on. Colours run from blue to red over pale: told apart by the colour-blind, and by width. */
export interface MapBand {
  from: number
  colour: string
  width: number
  label: TextKey
}

/** Layers of the map that a person chooses between. */
export type MapLayer = 'load' | 'traffic' | 'sensors'

/** What can be drawn: beside those, the answer of a study. */
export type DrawnLayer = MapLayer | 'violations'

export const mapLayers: readonly MapLayer[] = ['load', 'traffic', 'sensors']

/** Loading of feeders and substations, % of their rating. */
export const loadBands: readonly MapBand[] = [
  { from: -Infinity, colour: '#4575b4', width: 1.6, label: 'map.load.low' },
  { from: 50, colour: '#74add1', width: 2.4, label: 'map.load.medium' },
  { from: 80, colour: '#f4a259', width: 3.6, label: 'map.load.high' },
  { from: 100, colour: '#a50026', width: 5, label: 'map.load.over' },
]

/** Travel-time index of measured roads, in the bands of U4SSC EC:I:T:5A. */
export const trafficBands: readonly MapBand[] = [
  { from: -Infinity, colour: '#4575b4', width: 2, label: 'band.good' },
  { from: 1.5, colour: '#f4a259', width: 3.5, label: 'band.acceptable' },
  { from: 2.5, colour: '#a50026', width: 5, label: 'band.less' },
]

/** Share of a study's futures in which an element is in violation. */
export const violationBands: readonly MapBand[] = [
  { from: -Infinity, colour: '#8b98a4', width: 1, label: 'answer.map.none' },
  { from: Number.MIN_VALUE, colour: '#74add1', width: 2.4, label: 'answer.map.few' },
  { from: 0.1, colour: '#f4a259', width: 3.6, label: 'answer.map.some' },
  { from: 0.5, colour: '#a50026', width: 5, label: 'answer.map.most' },
]

/** Freshness of sensors, in the order of the legend. */
export const freshnessBands = [
  { state: 'fresh', colour: '#1f8a7a' },
  { state: 'late', colour: '#d9952b' },
  { state: 'silent', colour: '#a50026' },
  { state: 'never', colour: '#8b98a4' },
] as const

/** What nothing is known of is drawn thin and grey. */
export const UnknownColour = '#8b98a4'

export function bandOfValue(bands: readonly MapBand[], value: number): MapBand {
  return bands.findLast(band => value >= band.from) ?? bands[0]!
}
