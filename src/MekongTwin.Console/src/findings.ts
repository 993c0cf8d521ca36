import type { Finding, PointQuality } from './api'
import { instantOf } from './city-time'
import { h } from './dom'
import { shapeOf } from './marks'
import { age, count, decimal, NoValue, reading } from './numbers'
import type { Scene } from './page'
import { textOfCode } from './text'

const DayMs = 86_400_000

/** Shapes of findings, worst for figures first; those of the line alone, which change no figure, come last and are milder. */
export const shapes: Record<string, string> = {
  gateway: '◎', gap: '○', stuck: '▬', drift: '↗', spike: '▲', outOfRange: '✕', clock: '◔', late: '◐', burst: '»', disorder: '⇅', duplicate: '=',
}
const mild = ['late', 'burst', 'disorder', 'duplicate']

export function findingMark(kind: string): HTMLElement {
  return h('span', { class: `mark ${mild.includes(kind) ? 'mark-late' : 'mark-less'}` }, shapeOf(shapes[kind] ?? '?'), ' ', textOfCode('finding', kind))
}

/** The findings of a device's points as list items: what the points have in common, as they mostly do, is said once. */
export function findingItems(scene: Scene, points: PointQuality[]): HTMLElement[] {
  const found = points.flatMap(point => (point.findings ?? []).map(finding => ({ metric: point.metric, finding, span: spanOf(scene, finding) })))
  const alike = Map.groupBy(found, ({ finding, span }) => `${finding.kind} ${span}`)
  return [...alike.values()].map(same => h('li', {}, findingMark(same[0]!.finding.kind), ' ', same[0]!.span, ' ', h('span', { class: 'muted' }, detailOf(same))))
}

export function spanOf(scene: Scene, found: Finding): string {
  const [from, to] = [instantOf(found.from), instantOf(found.to)]
  if (from === null || to === null) return NoValue
  return scene.time.hourMinute(from) === scene.time.hourMinute(to) && to - from < DayMs ? `${scene.time.hourMinute(from)} ${scene.time.offsetText(from)}` : scene.time.span(from, to)
}

/** Of which points, how often, and the worst of it: once where it is the same for all, as a gap or a clock's offset is. */
function detailOf(alike: { metric: string, finding: Finding }[]): string {
  const [times, ...others] = alike.map(({ finding }) => `${count(finding.count)}×`)
  const worsts = alike.map(({ finding }) => worstOf(finding))
  const isShared = worsts.every(worst => worst === worsts[0])
  const points = alike.map(({ metric }, index) => isShared || worsts[index] === null ? metric : `${metric} ${worsts[index]}`).join(', ')
  const rest = [others.every(other => other === times) ? times : null, isShared ? worsts[0] : null].filter(part => part != null).join(' · ')
  return rest === '' ? points : `${points}: ${rest}`
}

function worstOf({ kind, worst, unit }: Finding): string | null {
  if (worst === undefined) return null
  if (kind === 'drift') return `${worst > 0 ? '+' : '−'}${decimal(Math.abs(worst), 1)}\u00a0%`
  if (unit === 's') return `${kind !== 'clock' ? '' : worst > 0 ? '+' : '−'}${age(Math.abs(worst))}`
  return reading(worst, unit)
}
