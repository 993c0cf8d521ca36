import { locales, NoValue } from './numbers'

const MinuteMs = 60_000
const DayMs = 86_400_000
export const WindowMs = 15 * MinuteMs

/** Instants written in the city's own zone, always with the offset; the browser's zone never shows. */
export class CityTime {
  private readonly zone: string
  private readonly date: Intl.DateTimeFormat
  private readonly offset: Intl.DateTimeFormat

  constructor(zone: string | undefined, utcOffset: string | undefined) {
    this.zone = [zone, utcOffset].find(isZone) ?? 'UTC'
    this.date = new Intl.DateTimeFormat(locales(), { timeZone: this.zone, day: 'numeric', month: 'short', year: 'numeric' })
    this.offset = new Intl.DateTimeFormat('en', { timeZone: this.zone, timeZoneName: 'longOffset' })
  }

  /** 21 Nov 2026 17:05:12 +07 */
  full(instant: string | number | undefined): string {
    const ms = instantOf(instant)
    return ms === null ? NoValue : `${this.date.format(ms)} ${this.wall(ms).slice(11, 19)} ${this.offsetText(ms)}`
  }

  day(ms: number): string {
    return this.date.format(ms)
  }

  /** 2026-11-21, as the server names a day. */
  dayName(ms: number): string {
    return this.wall(ms).slice(0, 10)
  }

  /** 17:05:12 +07, with the date before it when that is another day than now. */
  clock(instant: string | number | undefined, now: number): string {
    const ms = instantOf(instant)
    if (ms === null) return NoValue
    if (this.startOfDay(ms) !== this.startOfDay(now)) return this.full(ms)
    return `${this.wall(ms).slice(11, 19)} ${this.offsetText(ms)}`
  }

  /** 17:00–17:15 +07 */
  span(from: number, to: number): string {
    return `${this.hourMinute(from)}–${this.hourMinute(to)} ${this.offsetText(from)}`
  }

  hourMinute(ms: number): string {
    return this.wall(ms).slice(11, 16)
  }

  startOfDay(ms: number): number {
    const offset = this.offsetMinutes(ms) * MinuteMs
    return Math.floor((ms + offset) / DayMs) * DayMs - offset
  }

  endOfDay(ms: number): number {
    return this.startOfDay(ms) + DayMs
  }

  /** +07, or +06:30 where the offset has minutes. */
  offsetText(ms: number): string {
    const minutes = this.offsetMinutes(ms)
    const magnitude = Math.abs(minutes)
    const hours = String(Math.floor(magnitude / 60)).padStart(2, '0')
    const rest = magnitude % 60 === 0 ? '' : `:${String(magnitude % 60).padStart(2, '0')}`
    return `${minutes < 0 ? '−' : '+'}${hours}${rest}`
  }

  private wall(ms: number): string {
    return new Date(ms + this.offsetMinutes(ms) * MinuteMs).toISOString()
  }

  private offsetMinutes(ms: number): number {
    const name = this.offset.formatToParts(ms).find(part => part.type === 'timeZoneName')?.value ?? ''
    const match = /([+-])(\d{2}):(\d{2})/.exec(name)
    return match === null ? 0 : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
  }
}

export function instantOf(instant: string | number | undefined): number | null {
  const ms = typeof instant === 'string' ? Date.parse(instant) : instant
  return ms === undefined || Number.isNaN(ms) ? null : ms
}

function isZone(zone: string | undefined): zone is string {
  try {
    return zone !== undefined && new Intl.DateTimeFormat('en', { timeZone: zone }) !== null
  } catch {
    return false
  }
}
