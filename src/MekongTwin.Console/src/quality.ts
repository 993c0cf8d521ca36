import { cityQuality } from './api'
import type { CityQuality, GroupQuality, KindQuality, PointQuality } from './api'
import { findingItems, findingMark, shapes, spanOf } from './findings'
import { h, KeyedList, replace, setText, whenInSight } from './dom'
import type { View } from './dom'
import { failure, loading } from './notice'
import { count, NoValue, percent } from './numbers'
import { hrefOf } from './page'
import type { Scene, Section } from './page'
import { t, textOfCode } from './text'

/** The server looks a minute back at most; while it has not seen every point, it looks on with each ask. */
const RefreshMs = 60_000
const LookOnMs = 3_000
const ListedMax = 30
const DaysBack = 7
const DayMs = 86_400_000

/** A day of the city's sensors: how complete it is by kind, what is wrong where, and what to do about it. Asked for when it comes into sight. */
export function qualitySection(scene: Scene): Section {
  let finding: string | null = null
  let page: CityQuality | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false
  let asked = 0

  const day = h('select', { id: 'quality-day', onchange: () => void load() })
  const state = h('p', { class: 'muted', role: 'status', 'data-testid': 'quality-state' })
  const status = h('div', {}, loading())
  const kinds = h('tbody', {})
  const kindList = new KeyedList<KindQuality>(kinds, row => row.kind, row => kindRow(row))
  const choices = h('ul', { class: 'findings-choice' })
  const choiceList = new KeyedList<[string, number]>(choices, ([kind]) => kind, ([kind]) => choiceOf(kind))
  const advice = h('p', { class: 'quality-advice', 'data-testid': 'quality-advice' })
  const silences = h('ul', { class: 'quality-silences' })
  const silenceList = new KeyedList<GroupQuality>(silences, group => `${group.parent} ${group.kind}`, group => silenceRow(scene, group))
  const points = h('tbody', {})
  const sensorList = new KeyedList<PointQuality[]>(points, sensor => sensor[0]!.asset, sensor => sensorRow(scene, sensor[0]!))
  const shown = h('p', { class: 'muted', 'data-testid': 'quality-shown' })
  const column = (key: Parameters<typeof t>[0], numeric = false) => h('th', { scope: 'col', class: numeric && 'numeric' }, t(key))
  const tables = h('div', { hidden: true },
    h('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-labelledby': 'quality-title' }, h('table', { class: 'compact' },
      h('thead', {}, h('tr', {}, column('dataQuality.kind'), column('dataQuality.heard', true), column('dataQuality.completeness'), column('dataQuality.complete', true), column('dataQuality.findings'))), kinds)),
    h('fieldset', { class: 'quality-choices' }, h('legend', {}, t('dataQuality.choose')), choices),
    advice, silences, shown,
    h('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('dataQuality.worst') }, h('table', { class: 'compact', 'data-testid': 'quality-worst' },
      h('thead', {}, h('tr', {}, column('dataQuality.sensor'), column('dataQuality.completeness', true), column('dataQuality.found'))), points)))
  const element = h('section', { id: 'quality', 'aria-labelledby': 'quality-title' },
    h('div', { class: 'section-head' }, h('h2', { id: 'quality-title' }, t('dataQuality.title')), h('p', {}, t('dataQuality.help')),
      h('label', { class: 'quality-day' }, t('dataQuality.day'), ' ', day)),
    h('div', { class: 'card' }, state, status, tables))

  const leave = whenInSight(element, () => { void load() })

  async function load(): Promise<void> {
    clearTimeout(timer)
    const ask = ++asked
    fillDays()
    try {
      const answer = await cityQuality(scene.city.id, day.value, finding, ListedMax)
      if (closed || ask !== asked) return
      page = answer
      show(answer)
    } catch (error) {
      if (closed || ask !== asked) return
      replace(status, failure(error, () => void load()))
    }
    timer = setTimeout(() => void load(), page !== null && (page.checked ?? 0) < (page.points ?? 0) ? LookOnMs : RefreshMs)
  }

  /** Today and the days before it; today goes on being today past midnight. */
  function fillDays(): void {
    const today = scene.time.startOfDay(scene.now())
    const names = Array.from({ length: DaysBack }, (_, back) => today - back * DayMs + DayMs / 2)
    if (day.options[0]?.value === scene.time.dayName(names[0]!)) return
    const wasToday = day.selectedIndex <= 0
    const before = day.value
    replace(day, ...names.map(ms => h('option', { value: scene.time.dayName(ms) }, scene.time.day(ms))))
    if (!wasToday) day.value = before
    if (day.selectedIndex < 0) day.selectedIndex = 0
  }

  function show(answer: CityQuality): void {
    const parts = [t('city.asOf', { time: scene.time.clock(answer.asOf, scene.now()) })]
    if ((answer.checked ?? 0) < (answer.points ?? 0)) parts.push(t('dataQuality.checked', { checked: count(answer.checked), points: count(answer.points) }))
    if (answer.arrivalsSince !== undefined) parts.push(t('dataQuality.arrivals', { time: scene.time.clock(answer.arrivalsSince, scene.now()) }))
    if ((answer.notAvailable ?? []).length > 0) parts.push(t('dataQuality.noArrivals'))
    setText(state, parts.join(' · '))
    replace(status)
    tables.hidden = false
    kindList.show((answer.kinds ?? []).filter(row => (row.sensors ?? 0) > 0))
    const silent = (answer.groups ?? []).filter(group => (group.silences ?? []).length > 0)
    silences.hidden = finding !== null && finding !== 'gateway' && finding !== 'gap'
    const numbers = Object.keys(shapes).map(kind => [kind, kind === 'gateway' ? silent.length : (answer.kinds ?? []).reduce((sum, row) => sum + (row.findings?.[kind] ?? 0), 0)] as [string, number])
    choiceList.show([['', answer.found ?? 0], ...numbers.filter(([kind, number]) => number > 0 || kind === finding)])
    setText(advice, finding === null ? '' : textOfCode('advice', finding))
    silenceList.show(silent)
    const worst = answer.worst ?? []
    sensorList.show([...Map.groupBy(worst, point => point.asset).values()])
    const isNothing = worst.length === 0 && (silences.hidden || silent.length === 0)
    setText(shown, isNothing ? t('dataQuality.nothing') : t('dataQuality.shown', { shown: count(worst.length), total: count(answer.found) }))
    points.closest('table')!.hidden = worst.length === 0
  }

  /** A radio button for all findings, or for those of a kind with the number of its sensors. */
  function choiceOf(kind: string): View<[string, number]> {
    const number = h('span', { class: 'muted' })
    const input = h('input', { type: 'radio', name: 'quality-finding', value: kind, checked: kind === (finding ?? ''), onchange: () => choose(kind) })
    return {
      element: h('li', {}, h('label', { 'data-testid': `finding-${kind === '' ? 'any' : kind}` }, input, ' ', kind === '' ? t('dataQuality.any') : findingMark(kind), ' ', number)),
      show([, sensors]) { setText(number, kind === '' ? '' : count(sensors)) },
    }
  }

  function choose(kind: string): void {
    finding = kind === '' ? null : kind
    setText(advice, finding === null ? '' : textOfCode('advice', finding))
    void load()
  }

  return {
    element,
    close() {
      closed = true
      clearTimeout(timer)
      leave()
    },
  }
}

function kindRow(row: KindQuality): View<KindQuality> {
  const heard = h('td', { class: 'numeric' })
  const fill = h('span', { class: 'load-bar-fill' })
  const share = h('span', {})
  const complete = h('td', { class: 'numeric' })
  const findings = h('td', { class: 'quality-findings' })
  return {
    element: h('tr', { 'data-testid': 'quality-kind', 'data-kind': row.kind }, h('th', { scope: 'row' }, textOfCode('kind', row.kind)), heard,
      h('td', { class: 'quality-share' }, share, h('span', { class: 'load-bar', 'aria-hidden': 'true' }, fill)), complete, findings),
    show(next) {
      // Of a kind that was not looked at yet nothing is known.
      const isKnown = next.checked !== 0
      setText(heard, `${isKnown ? count(next.heard) : NoValue} / ${count(next.sensors)}`)
      setText(share, percent(next.completeness, 1))
      fill.style.width = `${(next.completeness ?? 0) * 100}%`
      setText(complete, isKnown ? `${count(next.complete)} / ${count(next.heard)}` : NoValue)
      const found = Object.entries(next.findings ?? {})
      replace(findings, ...found.length === 0 ? [NoValue] : found.map(([kind, sensors]) => h('span', {}, findingMark(kind), ` ${count(sensors)}`)))
    },
  }
}

/** Sensors that were silent together, named after what they hang on. */
function silenceRow(scene: Scene, group: GroupQuality): View<GroupQuality> {
  const spans = h('span', {})
  return {
    element: h('li', { 'data-testid': 'quality-silence' }, findingMark('gateway'), ' ', h('a', { href: hrefOf(group.parent) }, group.name ?? group.parent), ' ',
      h('span', { class: 'muted' }, t('dataQuality.silent', { count: count(group.heard), kind: textOfCode('kind', group.kind) })), ' ', spans),
    show(next) { setText(spans, (next.silences ?? []).map(silence => spanOf(scene, silence)).join(', ')) },
  }
}

/** A sensor with its listed points: what they have in common, as a device's points mostly do, is said once. */
function sensorRow(scene: Scene, sensor: PointQuality): View<PointQuality[]> {
  const share = h('td', { class: 'numeric' })
  const findings = h('ul', { class: 'quality-list', 'data-testid': 'quality-findings' })
  return {
    element: h('tr', { 'data-testid': 'quality-sensor' },
      h('th', { scope: 'row' }, h('a', { href: hrefOf(sensor.asset) }, sensor.name ?? sensor.asset), h('small', {}, h('code', {}, sensor.asset))),
      share, h('td', {}, findings)),
    show(points) {
      const least = points.reduce((least, point) => (point.completeness ?? 1) < (least.completeness ?? 1) ? point : least)
      replace(share, percent(least.completeness ?? undefined, 1), least.expected === undefined ? null : h('small', {}, t('dataQuality.received', { received: count(least.received), expected: count(least.expected) })))
      replace(findings, ...findingItems(scene, points))
    },
  }
}
