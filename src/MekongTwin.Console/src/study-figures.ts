import type { Percentiles } from './api'
import { h } from './dom'
import { decimal, percent } from './numbers'
import { hrefOf } from './page'
import type { Scene } from './page'
import { t } from './text'
import type { TextKey } from './text'

/** How the figures and the elements of a study are written. */

/** The median, and P10 and P90 below it. */
export function spread(value: Percentiles, unit: string, textOf: (value: number) => string): (Node | string)[] {
  return [h('strong', {}, withUnit(textOf(value.p50), unit)), h('small', { class: 'study-spread' },
    h('span', {}, `P10 ${textOf(value.p10)}`), ' ', h('span', {}, `P90 ${textOf(value.p90)}`))]
}

export function change(from: number, to: number, unit: string, decimals: number): (Node | string)[] {
  const difference = to - from
  const text = withUnit(`${signOf(difference)}${decimal(Math.abs(difference), decimals)}`, unit)
  return from === 0 ? [text] : [text, h('small', {}, `${signOf(difference)}${percent(Math.abs(difference / from), 1)}`)]
}

export function decimalsOf(value: number): number {
  return Math.abs(value) < 10 ? 2 : Math.abs(value) < 10_000 ? 1 : 0
}

export function withUnit(number: string, unit: string): string {
  return unit === '' ? number : `${number}\u00a0${unit}`
}

/** A quantity with as many decimals as its size asks for. */
export function figure(value: number, unit: string): string {
  return withUnit(decimal(value, decimalsOf(value)), unit)
}

/** What an asset's path names opens it; lines and what levers add have no page. */
export function elementName(scene: Scene, element: string): Node | string {
  return element.startsWith(`${scene.city.id}/`) ? h('a', { href: hrefOf(element) }, element) : element
}

const limitTexts: Record<string, TextKey> = { loading: 'violation.loading', lowVoltage: 'violation.lowVoltage', highVoltage: 'violation.highVoltage', collapse: 'limit.collapse', full: 'limit.full' }

/** A limit in words; the server's own for one that is not known here. */
export function limitText(what: string): string {
  const key = limitTexts[what]
  return key === undefined ? what : t(key)
}

/** Of a loading in % or a voltage in pu. */
export function limitFigure(what: string, value: number): string {
  return what === 'loading' ? withUnit(decimal(value, 0), '%') : withUnit(decimal(value, 3), 'pu')
}

export function columnHead(key: TextKey, numeric = true): HTMLElement {
  return h('th', { scope: 'col', class: numeric ? 'numeric' : undefined }, t(key))
}

function signOf(difference: number): string {
  return difference < 0 ? '−' : difference > 0 ? '+' : '±'
}
