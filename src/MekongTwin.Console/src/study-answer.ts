import { screens, studyExport, studyExports } from './api'
import type { Lever, StudyReport, StudySummary, Violation } from './api'
import { h, replace } from './dom'
import { leverForms } from './levers'
import type { LeverField } from './levers'
import { LongTable } from './long-table'
import { failure } from './notice'
import { count, decimal, percent } from './numbers'
import type { Scene } from './page'
import { StudyChart } from './study-chart'
import { change, columnHead, decimalsOf, elementName, limitFigure, limitText, spread, withUnit } from './study-figures'
import { studyMap } from './study-map'
import { screeningAnswer } from './study-screening'
import { t } from './text'
import type { TextKey } from './text'

export const measures: { key: Exclude<keyof StudySummary, 'unsolvedSteps'>, label: TextKey, unit: string, decimals?: number }[] = [
  { key: 'peakMw', label: 'answer.peak', unit: 'MW' },
  { key: 'energyMwh', label: 'answer.energy', unit: 'MWh' },
  { key: 'lossesMwh', label: 'answer.losses', unit: 'MWh' },
  { key: 'unservedMwh', label: 'answer.unserved', unit: 'MWh' },
  { key: 'co2T', label: 'answer.co2', unit: 't' },
  { key: 'lowestVm', label: 'answer.lowestVoltage', unit: 'pu', decimals: 3 },
  { key: 'overloaded', label: 'answer.overloaded', unit: '', decimals: 0 },
  { key: 'outOfVoltage', label: 'answer.outOfVoltage', unit: '', decimals: 0 },
]

export interface StudyAnswer {
  elements: HTMLElement[]
  /** Ends what is drawn. */
  close(): void
}

/** What a study answers: baseline beside scenario, the first day, the elements in violation, and what was screened. */
export function studyAnswer(scene: Scene, id: string, report: StudyReport, acts: { close(): void, branchAt(instant: string): void }): StudyAnswer {
  const map = studyMap(scene, id)
  return { elements: answer(scene, id, report, map.element, acts), close: map.close }
}

function answer(scene: Scene, id: string, report: StudyReport, map: HTMLElement, acts: { close(): void, branchAt(instant: string): void }): HTMLElement[] {
  const { calibration, asOf } = report.base
  const chart = new StudyChart(report.firstDay, scene, t('answer.firstDay', { day: report.from }))
  return [
    h('div', { class: 'study-head' }, h('h3', { 'data-testid': 'answer-name' }, report.name),
      scene.simulated() ? h('span', { class: 'tag', 'data-testid': 'answer-simulated' }, t('banner.simulated')) : null,
      h('button', { type: 'button', 'data-testid': 'answer-close', onclick: acts.close }, t('state.close'))),
    h('button', { type: 'button', 'data-testid': 'answer-base', hidden: asOf === undefined, onclick: () => acts.branchAt(asOf ?? '') }, t('whatIf.sameBase')),
    h('p', { class: 'muted', 'data-testid': 'answer-run' }, t('answer.run', { from: report.from, days: count(report.days), futures: count(report.futures), seed: String(report.seed), time: scene.time.full(report.base.asOf) })),
    changes(report),
    h('p', { class: 'muted', 'data-testid': 'answer-calibration' }, [
      t('answer.calibration', { readings: count(calibration.readings), days: decimal(calibration.days, calibration.days < 1 ? 2 : 1), measured: count(calibration.measured), transformers: count(calibration.transformers) }),
      calibration.anchored ? t('answer.anchored', { count: count(calibration.anchored) }) : '',
      t(calibration.measuredWeather ? 'answer.weatherMeasured' : 'answer.weatherNormal')].filter(text => text !== '').join(' ')),
    h('p', { class: 'study-p90', 'data-testid': 'answer-p90' }, t('answer.p90')),
    summaryTable(report), chart.element, ...violations(scene, report, map), ...report.screening === undefined ? [] : screeningAnswer(scene, report.screening), downloads(id, report),
  ]
}

/** What was changed, in the words of the form that asks for it. */
function changes({ asked }: StudyReport): HTMLElement {
  return h('ul', { class: 'study-changes', 'aria-label': t('whatIf.levers'), 'data-testid': 'answer-changes', hidden: asked === undefined || asked.levers.length === 0 }, ...(asked?.levers ?? []).map(lever => {
    const form = leverForms.find(known => known.kind === lever.kind)
    const figures = form?.fields.flatMap(field => {
      const value = lever[field.name]
      return value === undefined ? [] : [`${t(field.label)} ${wordsOf(field, value)}`]
    })
    return h('li', {}, h('strong', {}, form === undefined ? lever.kind : t(form.label)), ` ${figures?.join(' · ') ?? ''}`)
  }))
}

function wordsOf(field: LeverField, value: Lever[string]): string {
  if (field.is === 'choice') {
    const choice = field.choices.find(known => known.value === value)
    return choice === undefined ? String(value) : t(choice.label)
  }
  const figure = (number: number) => field.is === 'number' && field.percent === true ? decimal(number * 100, 1) : String(number)
  const text = typeof value === 'object' ? [value.low, value.likely, value.high].map(figure).join(' – ') : typeof value === 'number' ? figure(value) : String(value)
  return field.is === 'number' && field.unit !== undefined && typeof value !== 'string' ? withUnit(text, field.unit) : text
}

/** Links that bring the sign-in along, which a browser by itself would not. */
function downloads(id: string, { screening }: StudyReport): HTMLElement {
  const files = [...studyExports, ...screens.filter(screen => screening?.[screen] !== undefined).map(screen => `${screen}.csv` as const)]
  const status = h('div', { role: 'status' })
  const save = async (event: MouseEvent, file: string) => {
    event.preventDefault()
    try {
      const url = URL.createObjectURL(await studyExport(id, file))
      h('a', { href: url, download: `${id}-${file}` }).click()
      URL.revokeObjectURL(url)
      replace(status)
    } catch (error) {
      replace(status, failure(error))
    }
  }
  return h('div', { 'data-testid': 'downloads' }, h('h4', {}, t('answer.downloads')),
    h('ul', { class: 'study-downloads' }, ...files.map(file => h('li', {},
      h('a', { href: `/api/v1/studies/${encodeURIComponent(id)}/export/${file}`, download: true, 'data-testid': `download-${file}`, onclick: (event: MouseEvent) => void save(event, file) }, t(`download.${file}`))))),
    status)
}

function summaryTable(report: StudyReport): HTMLElement {
  const rows = measures.flatMap(({ key, label, unit, decimals }) => {
    const [baseline, scenario] = [report.baseline[key], report.scenario[key]]
    if (baseline === undefined || scenario === undefined) return []
    const digits = decimals ?? decimalsOf(Math.max(baseline.p90, scenario.p90))
    const text = (value: number) => decimal(value, digits)
    return [h('tr', { 'data-testid': `answer-${key}` },
      h('th', { scope: 'row' }, t(label), key === 'co2T' && report.carbon !== undefined
        ? h('small', { 'data-testid': 'answer-carbon', title: report.carbon.source }, t('answer.carbon', { factor: decimal(report.carbon.kgPerKwh, 4), year: String(report.carbon.year) }))
        : null),
      h('td', { class: 'numeric' }, ...spread(baseline, unit, text)),
      h('td', { class: 'numeric' }, ...spread(scenario, unit, text)),
      h('td', { class: 'numeric' }, ...change(baseline.p50, scenario.p50, unit, digits)))]
  })
  const head = (text: string) => h('th', { scope: 'col', class: 'numeric' }, text)
  const unsolved = (report.baseline.unsolvedSteps ?? 0) + (report.scenario.unsolvedSteps ?? 0)
  return h('div', {}, h('div', { class: 'table-frame', tabindex: 0, role: 'group', 'aria-label': t('answer.table') },
    h('table', { class: 'compact', 'data-testid': 'answer-table' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('answer.measure')), head(t('answer.baseline')), head(t('answer.scenario')), head(t('answer.change')))),
      h('tbody', {}, ...rows))),
  unsolved === 0 ? null : h('p', { class: 'notice' }, t('answer.unsolved', { baseline: count(report.baseline.unsolvedSteps), scenario: count(report.scenario.unsolvedSteps) })))
}

/** Elements in violation, and beside them where they are. */
function violations(scene: Scene, report: StudyReport, map: HTMLElement): HTMLElement[] {
  const more = h('input', { type: 'checkbox', 'data-testid': 'violations-more', onchange: () => show() })
  const table = new LongTable<Violation>({
    testId: 'violations', label: t('answer.violations'), row: violation => violationRow(scene, violation),
    heads: [columnHead('answer.element', false), columnHead('answer.what', false), columnHead('answer.probability'), columnHead('answer.baselineProbability'), columnHead('answer.hours'), columnHead('answer.worst')],
    shownText: (shown, of) => report.violationsInAll === 0 ? t('answer.noViolations')
      : of === 0 ? t('answer.noneMore', { rest: count(report.violationsInAll - report.violations.length) })
      : t('answer.shown', { shown: count(shown), listed: count(report.violations.length), total: count(report.violationsInAll) }),
  })

  function show(): void {
    table.show(report.violations.filter(violation => !more.checked || violation.probability > violation.baselineProbability))
  }

  show()
  return [
    h('h4', {}, t('answer.violations')),
    h('p', { class: 'muted', 'data-testid': 'answer-criteria' }, t('answer.criteria', { name: report.criteria.name }), h('small', {}, report.criteria.source)),
    h('label', { class: 'study-more', hidden: report.violationsInAll === 0 }, more, ' ', t('answer.onlyMore')),
    h('div', { class: 'study-violations' }, table.element, map),
  ]
}

function violationRow(scene: Scene, { element, what, probability, baselineProbability, hours, worst }: Violation): HTMLElement {
  // Of a low voltage the worst is the lowest: what 10 % of futures fall below.
  const [bound, figure] = what === 'lowVoltage' ? ['P10', worst.p10] : ['P90', worst.p90]
  return h('tr', { 'data-testid': 'violation-row' },
    h('th', { scope: 'row' }, elementName(scene, element)), h('td', {}, limitText(what)),
    h('td', { class: 'numeric' }, percent(probability)), h('td', { class: 'numeric' }, percent(baselineProbability)),
    h('td', { class: 'numeric' }, withUnit(decimal(hours.p90, 1), 'h')),
    h('td', { class: 'numeric' }, limitFigure(what, figure), h('span', { class: 'unit' }, ` (${bound})`)))
}
