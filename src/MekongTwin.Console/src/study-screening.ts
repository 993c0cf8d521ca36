import type { AgeingReport, Contingency, FeederHosting, HostingBound, HostingReport, N1Report, N1Summary, Remedy, RemediedSide, RemedyReport, Ruled, Screen, Screening, TransformerLife, Unserved } from './api'
import { h } from './dom'
import type { Child } from './dom'
import { LongTable } from './long-table'
import { count, decimal, NoValue, percent } from './numbers'
import type { Scene } from './page'
import { columnHead, elementName, figure, limitFigure, limitText, spread } from './study-figures'
import { t } from './text'
import type { TextKey } from './text'

const UnmendedMax = 20

/** What a study screened beside its violations, each under a heading of its own. */
export function screeningAnswer(scene: Scene, { n1, hosting, ageing, remedies }: Screening): HTMLElement[] {
  return [
    ...n1 === undefined ? [] : [losses(scene, n1)],
    ...hosting === undefined ? [] : [capacity(scene, hosting)],
    ...ageing === undefined ? [] : [lives(scene, ageing)],
    ...remedies === undefined ? [] : [mending(scene, remedies)],
  ]
}

function section(screen: Screen, ruled: Ruled, ...children: Child[]): HTMLElement {
  return h('section', { class: 'study-screening', 'aria-labelledby': `screening-${screen}`, 'data-testid': `screening-${screen}` },
    h('h4', { id: `screening-${screen}` }, t(`screen.${screen}`)), ...children,
    h('p', { class: 'muted' }, t('screening.rules', { name: ruled.rules }), h('small', {}, ruled.source)))
}

interface TwoSides<T> {
  label: TextKey
  value(side: T): string
}

/** A short table of two sides. */
function sides<T>(label: string, heads: [TextKey, TextKey], [left, right]: [T, T], rows: TwoSides<T>[]): HTMLElement {
  return h('div', { class: 'table-frame study-sides', tabindex: 0, role: 'group', 'aria-label': label }, h('table', { class: 'compact' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('answer.measure')), ...heads.map(head => columnHead(head)))),
    h('tbody', {}, ...rows.map(({ label, value }) => h('tr', {}, h('th', { scope: 'row' }, t(label)), h('td', { class: 'numeric' }, value(left)), h('td', { class: 'numeric' }, value(right)))))))
}

function shownText(shown: number, of: number): string {
  return t('screening.shown', { shown: count(shown), total: count(of) })
}

function losses(scene: Scene, report: N1Report): HTMLElement {
  const table = new LongTable<Contingency>({
    testId: 'n1', label: t('screen.n1'), row: loss => lossRow(scene, loss),
    heads: [columnHead('n1.lost', false), columnHead('n1.after5'), columnHead('n1.after1'), columnHead('n1.repair'), columnHead('n1.expected'), columnHead('n1.plan', false)],
    shownText: (shown, listed) => t('n1.shown', { shown: count(shown), listed: count(listed), total: count(report.scenario.contingencies) }),
  })
  table.show(report.contingencies)
  return section('n1', report, h('p', {}, t('n1.day', { day: report.day })),
    sides<N1Summary>(t('screen.n1'), ['answer.baseline', 'answer.scenario'], [report.baseline, report.scenario], [
      { label: 'n1.losses', value: side => count(side.contingencies) },
      { label: 'n1.inFull', value: side => count(side.restoredInFull) },
      { label: 'n1.inPart', value: side => count(side.restoredInPart) },
      { label: 'n1.limited', value: side => count(side.limited) },
      { label: 'n1.expectedAll', value: side => figure(side.expectedMwhPerYear, 'MWh') },
      { label: 'n1.saidi', value: side => figure(side.saidiMinutes, 'min') },
      { label: 'n1.saifi', value: side => decimal(side.saifi, 3) },
    ]), table.element)
}

const kindTexts: Record<string, TextKey> = { feeder: 'n1.feeder', line: 'n1.line', transformer: 'n1.transformer' }

function lossRow(scene: Scene, loss: Contingency): HTMLElement {
  const kind = kindTexts[loss.kind]
  const unserved = ({ customers, mwh }: Unserved) => h('td', { class: 'numeric' }, t('n1.customers', { count: count(customers) }), h('small', {}, figure(mwh, 'MWh')))
  return h('tr', { 'data-testid': 'n1-row' },
    h('th', { scope: 'row' }, elementName(scene, loss.element),
      h('small', {}, `${kind === undefined ? loss.kind : t(kind)} · ${t('n1.failures', { failures: decimal(loss.failuresPerYear, 3), hours: decimal(loss.repairHours, 0) })}`)),
    unserved(loss.after5Minutes), unserved(loss.after1Hour), unserved(loss.untilRepair),
    h('td', { class: 'numeric' }, h('strong', {}, figure(loss.expectedMwhPerYear, 'MWh')), h('small', {}, `${t('answer.baseline')} ${loss.baselineExpectedMwhPerYear === undefined ? NoValue : figure(loss.baselineExpectedMwhPerYear, 'MWh')}`)),
    h('td', { class: 'study-plan' }, ...planOf(loss).map(text => h('span', {}, text))))
}

/** What is switched, what it brings back, and what stands in the way of more. */
function planOf({ closed, opened, restoredPercent, limit, complete }: Contingency): string[] {
  const lines = [
    ...closed.length === 0 ? [] : [t('n1.close', { lines: closed.join(', ') })],
    ...opened.length === 0 ? [] : [t('n1.open', { lines: opened.join(', ') })],
    ...restoredPercent === undefined ? [] : [t('n1.restored', { share: percent(restoredPercent / 100) })],
    ...limit === undefined ? [] : [limit.what === 'collapse' ? t('n1.collapse', { element: limit.element })
      : t('n1.limit', { what: limitText(limit.what), element: limit.element, worst: limitFigure(limit.what, limit.worst) })],
    ...complete ? [] : [t('n1.incomplete')],
  ]
  return lines.length === 0 ? [t('n1.noPlan')] : lines
}

function capacity(scene: Scene, report: HostingReport): HTMLElement {
  const table = new LongTable<FeederHosting>({
    testId: 'hosting', label: t('screen.hosting'), row: feeder => feederRow(scene, feeder), shownText,
    heads: [columnHead('hosting.feeder', false), columnHead('hosting.head'), columnHead('hosting.end'), columnHead('hosting.random'), columnHead('hosting.stopped', false)],
  })
  table.show(report.feeders)
  return section('hosting', report, h('p', {}, h('span', { class: 'tag' }, t('hosting.label')), ' ', t('hosting.help', { voltage: decimal(report.highestVm, 2) })), h('p', { class: 'study-p90' }, t('screening.p90')), table.element)
}

function feederRow(scene: Scene, { feeder, head, end, randomKw, limits }: FeederHosting): HTMLElement {
  const bound = ({ kw, limit, element }: HostingBound) => h('td', { class: 'numeric' }, megawatts(kw), h('small', {}, `${limitText(limit)} · ${element}`))
  const { p10, p50, p90 } = randomKw
  return h('tr', { 'data-testid': 'hosting-row' }, h('th', { scope: 'row' }, elementName(scene, feeder)), bound(head), bound(end),
    h('td', { class: 'numeric' }, ...spread({ p10: p10 / 1000, p50: p50 / 1000, p90: p90 / 1000 }, 'MW', value => decimal(value, 2))),
    h('td', {}, Object.entries(limits).sort(([, a], [, b]) => b - a).map(([limit, futures]) => t('hosting.futures', { limit: limitText(limit), count: count(futures) })).join(', ')))
}

function megawatts(kw: number): string {
  return figure(kw / 1000, 'MW')
}

function lives(scene: Scene, report: AgeingReport): HTMLElement {
  const table = new LongTable<TransformerLife>({
    testId: 'ageing', label: t('screen.ageing'), row: life => lifeRow(scene, life, report.hours),
    heads: [columnHead('ageing.transformer', false), columnHead('ageing.lost'), columnHead('answer.baseline'), columnHead('ageing.rate'), columnHead('ageing.hotSpot')],
    shownText: (shown, listed) => t('ageing.shown', { shown: count(shown), listed: count(listed) }),
  })
  table.show(report.transformers)
  const faster = report.fasterThanNormal
  return section('ageing', report,
    h('p', {}, t('ageing.faster', { count: count(faster.p50), p90: count(faster.p90), baseline: count(report.baselineFasterThanNormal.p50) }), ' ', t('ageing.help', { hours: count(report.hours), paper: t(`paper.${report.insulation}`) })),
    h('p', { class: 'study-p90' }, t('screening.p90')), table.element)
}

function lifeRow(scene: Scene, { transformer, lostHours, baselineLostHours, hottestC }: TransformerLife, hours: number): HTMLElement {
  return h('tr', { 'data-testid': 'ageing-row' }, h('th', { scope: 'row' }, elementName(scene, transformer)),
    h('td', { class: 'numeric' }, ...spread(lostHours, 'h', lifeText)), h('td', { class: 'numeric' }, ...spread(baselineLostHours, 'h', lifeText)),
    h('td', { class: 'numeric' }, `${rateText(lostHours.p50 / hours)}\u00a0×`), h('td', { class: 'numeric' }, ...spread(hottestC, '°C', value => decimal(value, 0))))
}

function rateText(value: number): string {
  return value > 1e4 ? '>\u00a010⁴' : decimal(value, value < 100 ? 1 : 0)
}

/** Of more than a million hours nobody needs to know how many: it has burnt long before. */
function lifeText(value: number): string {
  return value > 1e6 ? '>\u00a010⁶' : decimal(value, value < 100 ? 1 : 0)
}

function mending(scene: Scene, report: RemedyReport): HTMLElement {
  const money = (value: number) => `${count(value)}\u00a0${report.currency}`
  const table = new LongTable<Remedy>({
    testId: 'remedies', label: t('screen.remedies'), row: remedy => remedyRow(scene, remedy, money), shownText,
    heads: [columnHead('remedies.what', false), columnHead('remedies.where', false), columnHead('remedies.for', false), columnHead('remedies.cost')],
  })
  table.show(report.remedies)
  const unmended = report.unmended.slice(0, UnmendedMax)
  const rest = report.unmended.length - unmended.length
  return section('remedies', report,
    h('p', { 'data-testid': 'remedies-cost' }, h('strong', {}, t('remedies.all', { cost: money(report.capex), year: String(report.year) })), ' ', t('remedies.saved', { saved: money(report.savedPerYear) })),
    sides<RemediedSide>(t('screen.remedies'), ['remedies.before', 'remedies.after'], [report.before, report.after], [
      { label: 'remedies.violations', value: side => count(side.violations) },
      { label: 'remedies.losses', value: side => figure(side.lossesMwh.p50, 'MWh') },
      { label: 'n1.expectedAll', value: side => figure(side.expectedUnservedMwhPerYear, 'MWh') },
    ]),
    report.remedies.length === 0 ? h('p', {}, t('remedies.none')) : table.element,
    unmended.length === 0 ? null : h('p', { 'data-testid': 'unmended' }, t('remedies.unmended', { count: count(report.unmended.length) }), ' ',
      ...unmended.flatMap((element, i) => [i === 0 ? '' : ', ', elementName(scene, element)]), rest === 0 ? '' : ` … (${count(rest)})`))
}

const remedyTexts: Record<string, TextKey> = { moveOpenPoint: 'lever.feederTransfer', largerTransformer: 'remedy.largerTransformer', parallelLine: 'remedy.parallelLine', headVoltage: 'lever.headVoltage' }

function remedyRow(scene: Scene, { what, element, detail, for: mended, cost }: Remedy, money: (value: number) => string): HTMLElement {
  const key = remedyTexts[what]
  return h('tr', { 'data-testid': 'remedies-row' },
    h('th', { scope: 'row' }, key === undefined ? what : t(key), h('small', { lang: 'en' }, detail)),
    h('td', {}, elementName(scene, element)), h('td', {}, elementName(scene, mended)), h('td', { class: 'numeric' }, cost === 0 ? t('remedies.free') : money(cost)))
}
