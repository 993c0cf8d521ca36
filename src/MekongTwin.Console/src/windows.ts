import { instantOf, WindowMs } from './city-time'
import type { Series } from './api'

/** One 15-minute window of a series; without a value it is a gap. */
export interface CurveWindow {
  start: number
  value: number | null
  coverage: number | undefined
}

/** Lays a series on the grid of windows from…to: a window without a point, or with a null, is a gap. */
export function windowsOf(series: Series, from: number, to: number): CurveWindow[] {
  const windows: CurveWindow[] = []
  for (let start = from; start < to; start += WindowMs) windows.push({ start, value: null, coverage: undefined })
  for (const point of series.points) {
    const window = windows[Math.floor(((instantOf(point.t) ?? -Infinity) - from) / WindowMs)]
    if (window === undefined) continue
    window.value = point.v ?? null
    window.coverage = point.coverage
  }
  return windows
}

/** The stretches [from, to) of windows that have values. */
export function runsOf(windows: readonly CurveWindow[]): [number, number][] {
  const runs: [number, number][] = []
  let start: number | null = null
  for (let index = 0; index <= windows.length; index++) {
    const has = (windows[index]?.value ?? null) !== null
    if (has) start ??= index
    else if (start !== null) {
      runs.push([start, index])
      start = null
    }
  }
  return runs
}

/** Round numbers from at most the lowest to at least the highest value; always two or more. */
export function ticksOf(lowest: number, highest: number, wanted: number): number[] {
  const rough = Math.max((highest - lowest) / wanted, Math.abs(highest) * 1e-3, 1e-6)
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * magnitude).find(candidate => candidate >= rough * 0.999) ?? rough
  const first = Math.floor(lowest / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(highest / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
}
