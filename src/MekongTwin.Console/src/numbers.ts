import type { Estimate, Figure } from './api'
import { language, t } from './text'
import type { TextKey } from './text'

export const NoValue = '–'

/**
 * Latin digits and the Gregorian calendar in every language: the same figure must read the same on screen, in exports
 * and on the device. Some browsers are built without Khmer, Lao or Burmese formats; theirs then follow British English,
 * day before month, whatever the browser's own language is.
 */
export function locales(): string[] {
  return [language(), 'en-GB'].map(tag => `${tag === 'en' ? 'en-GB' : tag}-u-nu-latn-ca-gregory`)
}

export interface Quantity {
  number: string
  unit: string
}

/** A figure in the wanted unit; in its own when the two share no base, or when it is less than one of a larger unit. */
export function quantity(figure: Figure | undefined, wanted: string, decimals: number): Quantity {
  const unit = figure?.unit ?? wanted
  const value = figure?.value
  if (value === undefined || value === null || !Number.isFinite(value)) return { number: NoValue, unit: unitText(wanted) }
  const factor = factorBetween(unit, wanted)
  const isSmall = factor !== null && factor < 1 && value !== 0 && Math.abs(value * factor) < 1
  if (factor === null || isSmall) return { number: decimal(value, decimals), unit: unitText(unit) }
  return { number: decimal(value * factor, decimals), unit: unitText(wanted) }
}

export function quantityText(figure: Figure | undefined, wanted: string, decimals: number): string {
  const { number, unit } = quantity(figure, wanted, decimals)
  return number === NoValue || unit === '' ? number : `${number}\u00a0${unit}`
}

/** An estimate and half its 90 % band, in the wanted unit; in its own when the two share no base. */
export function bandText(estimate: Estimate | undefined, wanted: string, decimals: number): string {
  if (estimate === undefined) return NoValue
  const own = estimate.unit ?? wanted
  const factor = factorBetween(own, wanted)
  const unit = unitText(factor === null ? own : wanted)
  const [value, half] = [estimate.value, estimate.plusMinus].map(number => decimal(number * (factor ?? 1), decimals))
  return `${value} ± ${half}${unit === '' ? '' : `\u00a0${unit}`}`
}

/** A reading as it came: its own unit, as many digits as it has up to four decimals. */
export function reading(value: number | null | undefined, unit: string | undefined): string {
  if (value === undefined || value === null) return NoValue
  const number = formatter({ maximumFractionDigits: 4 }).format(value)
  const text = unitText(unit ?? '')
  return text === '' ? number : `${number}\u00a0${text}`
}

export function decimal(value: number, decimals: number): string {
  return formatter({ minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value)
}

export function count(value: number | undefined): string {
  return value === undefined ? NoValue : decimal(value, 0)
}

export function percent(share: number | undefined, decimals = 0): string {
  return share === undefined ? NoValue : `${decimal(share * 100, decimals)}\u00a0%`
}

export function bytes(value: number | undefined): string {
  if (value === undefined) return NoValue
  if (value < 1024) return `${count(value)}\u00a0B`
  if (value < 1024 ** 2) return `${decimal(value / 1024, 1)}\u00a0KiB`
  return `${decimal(value / 1024 ** 2, 1)}\u00a0MiB`
}

export function milliseconds(value: number | undefined): string {
  return value === undefined ? NoValue : `${decimal(value, value < 10 ? 1 : 0)}\u00a0ms`
}

/** How long ago, in the largest unit that says enough. */
export function age(seconds: number): string {
  const [value, unit] = seconds < 90 ? [seconds, 'second'] : seconds < 5_400 ? [seconds / 60, 'minute']
    : seconds < 48 * 3_600 ? [seconds / 3_600, 'hour'] : [seconds / 86_400, 'day']
  return formatter({ style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }).format(value)
}

const unitKeys: Record<string, TextKey> = {
  '1': 'unit.none',
  '/h': 'unit.vehiclesPerHour',
  '/km2': 'unit.peoplePerKm2',
}

/** Units are written as the standards write them; only counted things have words. */
export function unitText(unit: string): string {
  const key = unitKeys[unit]
  return key === undefined ? unit.replace(/km2\b/, 'km²') : t(key)
}

const prefixes: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9 }
const bases = ['varh', 'var', 'VAh', 'VA', 'Wh', 'W/km2', 'W', 'V', 'A']

export function factorBetween(unit: string, wanted: string): number | null {
  if (unit === wanted) return 1
  const from = scaleOf(unit)
  const to = scaleOf(wanted)
  return from === null || to === null || from.base !== to.base ? null : from.scale / to.scale
}

function scaleOf(unit: string): { base: string, scale: number } | null {
  for (const base of bases) {
    const scale = unit.endsWith(base) ? prefixes[unit.slice(0, -base.length)] : undefined
    if (scale !== undefined) return { base, scale }
  }
  return null
}

const formatters = new Map<string, Intl.NumberFormat>()

/** Formatters are costly to make and the page formats hundreds of numbers a second. */
function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language() + JSON.stringify(options)
  let made = formatters.get(key)
  if (made === undefined) formatters.set(key, made = new Intl.NumberFormat(locales(), options))
  return made
}
