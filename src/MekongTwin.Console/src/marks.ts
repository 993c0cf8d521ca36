import { h } from './dom'
import { t, textOfCode } from './text'

// A state is always a shape and a word; the colour only repeats them.

export type Freshness = 'fresh' | 'late' | 'silent' | 'never'

export const freshnessStates: readonly Freshness[] = ['fresh', 'late', 'silent', 'never']

export const freshnessShapes: Record<Freshness, string> = { fresh: '●', late: '◐', silent: '○', never: '✕' }

export function freshnessMark(state: string | undefined): HTMLElement | null {
  if (state === undefined) return null
  const shape = freshnessShapes[state as Freshness] ?? '?'
  return h('span', { class: `mark mark-${state}` }, shapeOf(shape), ' ', textOfCode('freshness', state))
}

export type Band = 'good' | 'acceptable' | 'less'

export const BandGoodMax = 1.5
export const BandAcceptableMax = 2.5

/** U4SSC EC:I:T:5A bands of the travel-time index. */
export function bandOf(travelTimeIndex: number): Band {
  return travelTimeIndex <= BandGoodMax ? 'good' : travelTimeIndex <= BandAcceptableMax ? 'acceptable' : 'less'
}

const bandShapes: Record<Band, string> = { good: '●', acceptable: '◆', less: '▲' }

export function bandMark(travelTimeIndex: number): HTMLElement {
  const band = bandOf(travelTimeIndex)
  return h('span', { class: `mark mark-${band}` }, shapeOf(bandShapes[band]), ' ', t(`band.${band}`))
}

export function shapeOf(shape: string): HTMLElement {
  return h('span', { class: 'shape', 'aria-hidden': 'true' }, shape)
}
