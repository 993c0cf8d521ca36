import type { CityState, CitySummary, Ledger } from './api'
import type { CityTime } from './city-time'

/** What every section of the page may know besides its own data. Rebuilt when the city or the language changes. */
export interface Scene {
  city: CitySummary
  time: CityTime
  /** The instant of the newest state: "now" for everything but ages. */
  now(): number
  simulated(): boolean
}

export interface Section {
  element: HTMLElement
  showCity?(state: CityState): void
  showLedger?(ledger: Ledger): void
  /** Ends timers and requests. */
  close?(): void
}

/** Calls at once and then every so often, never overlapping itself; returns the way to end it. */
export function every(intervalMs: number, work: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false
  const turn = async () => {
    await work()
    if (!ended) timer = setTimeout(() => void turn(), intervalMs)
  }
  void turn()
  return () => {
    ended = true
    clearTimeout(timer)
  }
}

/** True while any sensor of the city was heard in time. */
export function isHeard(state: CityState): boolean {
  return (state.freshness ?? []).some(row => (row.fresh ?? 0) > 0)
}

export function hrefOf(assetId: string): string {
  return `#/${encodeURI(assetId)}`
}

/** The asset id in the address; undefined when the address names none or is not well formed. */
export function idInAddress(): string | undefined {
  try {
    return /^#\/(.+)$/.exec(decodeURI(location.hash))?.[1]
  } catch {
    return undefined
  }
}
