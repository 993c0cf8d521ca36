import { studyExport, studyExports } from './api'
import type { Estimate, Percentiles, StudyReport, StudySummary, Violation } from './api'
import { h, replace, setText } from './dom'
import { leverForms } from './levers'
import type { LeverField } from './levers'
import { failure } from './notice'
import { count, decimal, percent } from './numbers'
import { hrefOf } from './page'
import type { Scene } from './page'
import { StudyChart } from './study-chart'
import { t } from './text'
import type { TextKey } from './text'

const ListedFirst = 20

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

/** What a study answers: baseline beside scenario, the first day, and the elements in violation. */
export function studyAnswer(scene: Scene, id: string, report: StudyReport, close: () => void): HTMLElement[] {
  const { calibration } = report.base
  const chart = new StudyChart(report.firstDay, scene, t('answer.firstDay', { day: report.from }))
  return [
    h('div', { class: 'study-head' }, h('h3', { 'data-testid': 'answer-name' }, report.name),
      scene.simulated() ? h('span', { class: 'tag', 'data-testid': 'answer-simulated' }, t('banner.simulated')) : null,
      h('button', { type: 'button', 'data-testid': 'answer-close', onclick: close }, t('state.close'))),
    h('p', { class: 'muted', 'data-testid': 'answer-run' }, t('answer.run', { from: report.from, days: count(report.days), futures: count(report.futures), seed: String(report.seed), time: scene.time.full(report.base.asOf) })),
    changes(report),
    h('p', { class: 'muted', 'data-testid': 'answer-calibration' }, [
      t('answer.calibration', { readings: count(calibration.readings), days: decimal(calibration.days, calibration.days < 1 ? 2 : 1), measured: count(calibration.measured), transformers: count(calibration.transformers) }),
      calibration.anchored ? t('answer.anchored', { count: count(calibration.anchored) }) : '',
      t(calibration.measuredWeather ? 'answer.weatherMeasured' : 'answer.weatherNormal')].filter(text => text !== '').join(' ')),
    h('p', { class: 'study-p90', 'data-testid': 'answer-p90' }, t('answer.p90')),
    summaryTable(report), chart.element, ...violations(scene, report), downloads(id),
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

function wordsOf(field: LeverField, value: string | number | boolean | Estimate): string {
  if (field.is === 'choice') {
    const choice = field.choices.find(known => known.value === value)
    return choice === undefined ? String(value) : t(choice.label)
  }
  const figure = (number: number) => field.is === 'number' && field.percent === true ? decimal(number * 100, 1) : String(number)
  const text = typeof value === 'object' ? [value.low, value.likely, value.high].map(figure).join(' – ') : typeof value === 'number' ? figure(value) : String(value)
  return field.is === 'number' && field.unit !== undefined && typeof value !== 'string' ? withUnit(text, field.unit) : text
}

/** Links that bring the sign-in along, which a browser by itself would not. */
function downloads(id: string): HTMLElement {
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
    h('ul', { class: 'study-downloads' }, ...studyExports.map(file => h('li', {},
      h('a', { href: `/api/v1/studies/${encodeURIComponent(id)}/export/${file}`, download: true, 'data-testid': `download-${file}`, onclick: (event: MouseEvent) => void save(event, file) }, t(`download.${file}`))))),
    status)
}

function summaryTable(report: StudyReport): HTMLElement {
  const rows = measures.flatMap(({ key, label, unit, decimals }) => {
    const [baseline, scenario] = [report.baseline[key], report.scenario[key]]
    if (baseline === undefined || scenario === undefined) return []
    const digits = decimals ?? decimalsOf(Math.max(baseline.p90, scenario.p90))
    return [h('tr', { 'data-testid': `answer-${key}` },
      h('th', { scope: 'row' }, t(label), key === 'co2T' && report.carbon !== undefined
        ? h('small', { 'data-testid': 'answer-carbon', title: report.carbon.source }, t('answer.carbon', { factor: decimal(report.carbon.kgPerKwh, 4), year: String(report.carbon.year) }))
        : null),
      h('td', { class: 'numeric' }, ...spread(baseline, unit, digits)),
      h('td', { class: 'numeric' }, ...spread(scenario, unit, digits)),
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

/** The median, and P10 and P90 below it. */
export function spread(value: Percentiles, unit: string, decimals: number): (Node | string)[] {
  return [h('strong', {}, withUnit(decimal(value.p50, decimals), unit)), h('small', { class: 'study-spread' },
    h('span', {}, `P10 ${decimal(value.p10, decimals)}`), ' ', h('span', {}, `P90 ${decimal(value.p90, decimals)}`))]
}

function change(from: number, to: number, unit: string, decimals: number): (Node | string)[] {
  const difference = to - from
  const text = withUnit(`${signOf(difference)}${decimal(Math.abs(difference), decimals)}`, unit)
  return from === 0 ? [text] : [text, h('small', {}, `${signOf(difference)}${percent(Math.abs(difference / from), 1)}`)]
}

function violations(scene: Scene, report: StudyReport): HTMLElement[] {
  let all = false
  const more = h('input', { type: 'checkbox', 'data-testid': 'violations-more', onchange: () => show() })
  const body = h('tbody', {})
  const shown = h('p', { class: 'muted', 'data-testid': 'violations-shown' })
  const button = h('button', { type: 'button', 'data-testid': 'violations-all', onclick: () => { all = true; show() } }, t('answer.showAll'))

  function show(): void {
    const chosen = report.violations.filter(violation => !more.checked || violation.probability > violation.baselineProbability)
    const listed = all ? chosen : chosen.slice(0, ListedFirst)
    replace(body, ...listed.map(violation => violationRow(scene, violation)))
    button.hidden = listed.length === chosen.length
    setText(shown, report.violationsInAll === 0 ? t('answer.noViolations')
      : chosen.length === 0 ? t('answer.noneMore', { rest: count(report.violationsInAll - report.violations.length) })
      : t('answer.shown', { shown: count(listed.length), listed: count(report.violations.length), total: count(report.violationsInAll) }))
  }

  show()
  const head = (key: TextKey) => h('th', { scope: 'col', class: 'numeric' }, t(key))
  return [
    h('h4', {}, t('answer.violations')),
    h('p', { class: 'muted', 'data-testid': 'answer-criteria' }, t('answer.criteria', { name: report.criteria.name }), h('small', {}, report.criteria.source)),
    h('label', { class: 'study-more', hidden: report.violationsInAll === 0 }, more, ' ', t('answer.onlyMore')), shown,
    h('div', { class: 'table-frame', tabindex: 0, role: 'group', 'aria-label': t('answer.violations'), hidden: report.violationsInAll === 0 },
      h('table', { class: 'compact', 'data-testid': 'violations' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('answer.element')), h('th', { scope: 'col' }, t('answer.what')),
          head('answer.probability'), head('answer.baselineProbability'), head('answer.hours'), head('answer.worst'))), body)),
    button,
  ]
}

function violationRow(scene: Scene, { element, kind, what, probability, baselineProbability, hours, worst }: Violation): HTMLElement {
  const isAsset = kind === 'transformer' && element.startsWith(`${scene.city.id}/`)
  // Of a low voltage the worst is the lowest: what 10 % of futures fall below.
  const [bound, figure] = what === 'lowVoltage' ? ['P10', worst.p10] : ['P90', worst.p90]
  return h('tr', { 'data-testid': 'violation-row' },
    h('th', { scope: 'row' }, isAsset ? h('a', { href: hrefOf(element) }, element) : element),
    h('td', {}, what in violationTexts ? t(violationTexts[what as keyof typeof violationTexts]) : what),
    h('td', { class: 'numeric' }, percent(probability)), h('td', { class: 'numeric' }, percent(baselineProbability)),
    h('td', { class: 'numeric' }, withUnit(decimal(hours.p90, 1), 'h')),
    h('td', { class: 'numeric' }, what === 'loading' ? withUnit(decimal(figure, 0), '%') : withUnit(decimal(figure, 3), 'pu'), h('span', { class: 'unit' }, ` (${bound})`)))
}

const violationTexts = { loading: 'violation.loading', lowVoltage: 'violation.lowVoltage', highVoltage: 'violation.highVoltage' } as const

export function decimalsOf(value: number): number {
  return Math.abs(value) < 10 ? 2 : Math.abs(value) < 10_000 ? 1 : 0
}

function signOf(difference: number): string {
  return difference < 0 ? '−' : difference > 0 ? '+' : '±'
}

function withUnit(number: string, unit: string): string {
  return unit === '' ? number : `${number}\u00a0${unit}`
}
