import { series } from './api'
import type { CityState, Figure, FigureName } from './api'
import { instantOf } from './city-time'
import { Curve } from './curve'
import { h, replace, setText } from './dom'
import { bandMark, BandAcceptableMax, BandGoodMax } from './marks'
import { failure } from './notice'
import { count, decimal, NoValue, percent, quantity } from './numbers'
import { every, isHeard } from './page'
import type { Scene, Section } from './page'
import { t } from './text'
import type { TextKey } from './text'
import { windowsOf } from './windows'

const CurveRefreshMs = 60_000
/** Below this share of inputs a figure says that it is partial. */
const CoverageGoodMin = 0.9
const FigureOldMs = 15 * 60_000

interface TileSpec {
  label: TextKey
  figure: FigureName
  unit: string
  decimals: number
  testId: string
  large?: boolean
}

const electricity: TileSpec[] = [
  { label: 'totals.reactive', figure: 'reactive', unit: 'Mvar', decimals: 1, testId: 'totals-reactive' },
  { label: 'totals.energyToday', figure: 'energyToday', unit: 'MWh', decimals: 0, testId: 'totals-energy-today' },
  { label: 'totals.peakToday', figure: 'peakToday', unit: 'MW', decimals: 1, testId: 'totals-peak-today' },
  { label: 'totals.loadFactor', figure: 'loadFactorToday', unit: '1', decimals: 2, testId: 'totals-load-factor' },
]

const traffic: TileSpec[] = [
  { label: 'totals.speed', figure: 'speed', unit: 'km/h', decimals: 1, testId: 'totals-speed' },
  { label: 'totals.flow', figure: 'flow', unit: '/h', decimals: 0, testId: 'totals-flow' },
]

const people: TileSpec[] = [
  { label: 'totals.perPerson', figure: 'demandPerPerson', unit: 'W', decimals: 0, testId: 'totals-per-person' },
  { label: 'totals.perArea', figure: 'demandPerArea', unit: 'kW/km2', decimals: 0, testId: 'totals-per-area' },
  { label: 'totals.density', figure: 'populationDensity', unit: '/km2', decimals: 0, testId: 'totals-density' },
]

export function totalsSection(scene: Scene): Section {
  const demand = tile(scene, { label: 'totals.demand', figure: 'demand', unit: 'MW', decimals: 1, testId: 'totals-demand', large: true })
  const supply = tile(scene, { label: 'totals.supply', figure: 'supply', unit: 'MW', decimals: 1, testId: 'totals-supply', large: true })
  const index = tile(scene, { label: 'totals.travelTimeIndex', figure: 'travelTimeIndex', unit: '1', decimals: 2, testId: 'totals-tti', large: true })
  const tiles = [...electricity, ...traffic, ...people].map(spec => ({ spec, view: tile(scene, spec) }))
  const of = (specs: TileSpec[]) => tiles.filter(({ spec }) => specs.includes(spec)).map(({ view }) => view.element)
  const population = factTile('totals.population', 'totals-population')
  const coverage = factTile('totals.coverage', 'totals-coverage')
  const band = h('p', { class: 'tile-note', 'data-testid': 'totals-tti-band' })
  index.element.append(band, bandScale())
  const asOf = h('p', { class: 'as-of', 'data-testid': 'as-of' })
  const hint = h('p', { class: 'notice', hidden: true, 'data-testid': 'no-readings' })
  const curve = todayCurve(scene)

  const element = h('section', { id: 'totals', 'aria-labelledby': 'totals-title' },
    h('div', { class: 'section-head' }, h('h2', { id: 'totals-title' }, t('totals.title')), asOf),
    hint,
    h('div', { class: 'totals' },
      card('card-electricity', 'totals.electricity',
        h('dl', { class: 'tiles' }, supply.element, demand.element, ...of(electricity)), curve.element),
      card('card-traffic', 'totals.traffic', h('dl', { class: 'tiles' }, index.element, ...of(traffic))),
      card('card-people', 'totals.people', h('dl', { class: 'tiles' }, ...of(people), population.element, coverage.element))))

  return {
    element,
    showCity(state) {
      const figures = state.figures ?? {}
      setText(asOf, t('city.asOf', { time: scene.time.full(state.asOf) }))
      hint.hidden = isHeard(state)
      setText(hint, silence(scene, state))
      const measured = isSupplyMeasured(state)
      supply.element.hidden = !measured
      supply.show(figures.supply)
      demand.show(figures.demand)
      index.show(figures.travelTimeIndex)
      for (const { spec, view } of tiles) view.show(figures[spec.figure])
      const travelTimeIndex = figures.travelTimeIndex?.value
      replace(band, travelTimeIndex == null ? null : bandMark(travelTimeIndex))
      moveScale(index.element, travelTimeIndex ?? null)
      population.show(count(state.population ?? scene.city.population), t('unit.people'), '')
      coverage.show(...coverageOf(state))
      curve.start(measured ? 'supply' : 'demand')
    },
    close: curve.close,
  }
}

/** True once a substation was heard, and from then on: a silent one leaves a gap, not another curve. */
function isSupplyMeasured(state: CityState): boolean {
  return (state.freshness ?? []).some(row => row.kind === 'substation' && (row.fresh ?? 0) + (row.late ?? 0) + (row.silent ?? 0) > 0)
}

/** Why the figures are empty: nothing ever came, or nothing since a time; and where devices send to. */
function silence(scene: Scene, state: CityState): string {
  const door = state.mqtt
  const where = {
    address: door === undefined ? 'MQTT' : `${door.scheme}://${location.hostname}:${door.port}`,
    topic: `mt/v1/${scene.city.id}/<asset>/<metric>`,
  }
  return state.lastReading === undefined ? t('state.noReadings', where)
    : t('state.silent', { time: scene.time.full(state.lastReading), ...where })
}

function card(name: string, title: TextKey, ...children: Node[]): HTMLElement {
  return h('div', { class: `card ${name}` }, h('h3', {}, t(title)), ...children)
}

/** A figure with its unit; a note says when it is partial or older than the page. */
function tile(scene: Scene, spec: TileSpec): { element: HTMLElement, show(figure: Figure | undefined): void } {
  const number = h('span', { class: 'number' })
  const unit = h('span', { class: 'unit' })
  const note = h('span', { class: 'tile-note' })
  const element = h('div', { class: spec.large ? 'tile tile-large' : 'tile', 'data-testid': spec.testId },
    h('dt', {}, t(spec.label)), h('dd', {}, h('span', { class: 'value' }, number, ' ', unit), note))
  return {
    element,
    show(figure) {
      const shown = quantity(figure, spec.unit, spec.decimals)
      setText(number, shown.number)
      setText(unit, shown.unit)
      setText(note, noteOf(scene, spec, figure))
    },
  }
}

function noteOf(scene: Scene, spec: TileSpec, figure: Figure | undefined): string {
  if (figure?.value == null) return ''
  const notes: string[] = []
  const time = instantOf(figure.time)
  if (spec.figure === 'loadFactorToday') notes.push(t('totals.loadFactorHelp'))
  if (spec.figure === 'travelTimeIndex') notes.push(t('totals.travelTimeIndexHelp'))
  if (spec.figure === 'peakToday' && time !== null) notes.push(t('totals.peakAt', { time: scene.time.clock(time, scene.now()) }))
  else if (time !== null && scene.now() - time > FigureOldMs) notes.push(`▲ ${t('totals.old', { time: scene.time.clock(time, scene.now()) })}`)
  if (figure.coverage !== undefined && figure.coverage < CoverageGoodMin) {
    notes.push(`▲ ${t('totals.partial', { coverage: percent(figure.coverage) })}`)
  }
  return notes.join(' · ')
}

function factTile(label: TextKey, testId: string): { element: HTMLElement, show(number: string, unit: string, note: string): void } {
  const number = h('span', { class: 'number' })
  const unit = h('span', { class: 'unit' })
  const note = h('span', { class: 'tile-note' })
  return {
    element: h('div', { class: 'tile', 'data-testid': testId },
      h('dt', {}, t(label)), h('dd', {}, h('span', { class: 'value' }, number, ' ', unit), note)),
    show(numberText, unitText, noteText) {
      setText(number, numberText)
      setText(unit, unitText)
      setText(note, noteText)
    },
  }
}

function coverageOf(state: CityState): [string, string, string] {
  const districts = (state.districts ?? []).flatMap(district => district.meters ?? [])
  const reporting = districts.reduce((sum, meters) => sum + meters.reporting, 0)
  const all = districts.reduce((sum, meters) => sum + meters.total, 0)
  const share = all > 0 ? reporting / all : state.figures?.demand?.coverage
  if (share === undefined) return [NoValue, '%', '']
  const text = all > 0 ? t('totals.coverageOf', { reporting: count(reporting), total: count(all) }) : ''
  return [percent(share, 1).replace(/\u00a0%$/, ''), '%', text]
}

const ScaleMin = 1
const ScaleMax = 3.5

/** The travel-time index on its three bands. Decoration: the number and the band's words stand beside it. */
function bandScale(): HTMLElement {
  const share = (value: number) => `${((value - ScaleMin) / (ScaleMax - ScaleMin)) * 100}%`
  const scale = h('div', { class: 'band-scale', title: t('band.source') },
    h('span', { class: 'band band-good' }), h('span', { class: 'band band-acceptable' }), h('span', { class: 'band band-less' }),
    h('span', { class: 'band-needle', hidden: true }))
  scale.style.gridTemplateColumns = `${BandGoodMax - ScaleMin}fr ${BandAcceptableMax - BandGoodMax}fr ${ScaleMax - BandAcceptableMax}fr`
  const labels = h('div', { class: 'band-labels' }, ...[ScaleMin, BandGoodMax, BandAcceptableMax].map(value => {
    const label = h('span', {}, decimal(value, 1))
    label.style.left = share(value)
    return label
  }))
  return h('div', { class: 'band-figure', 'aria-hidden': 'true' }, scale, labels)
}

function moveScale(tileElement: HTMLElement, value: number | null): void {
  const needle = tileElement.querySelector<HTMLElement>('.band-needle')
  if (needle === null) return
  needle.hidden = value === null
  const bounded = Math.min(ScaleMax, Math.max(ScaleMin, value ?? ScaleMin))
  needle.style.left = `${((bounded - ScaleMin) / (ScaleMax - ScaleMin)) * 100}%`
}

/** Supply where it is measured: meters of transformers are read late. */
function todayCurve(scene: Scene): { element: HTMLElement, start(metric: 'supply' | 'demand'): void, close(): void } {
  let metric: 'supply' | 'demand' = 'demand'
  const curve = new Curve({
    label: t('curve.today'), unit: 'MW', decimals: 1, heightMinPx: 210, time: scene.time, testId: 'demand-curve', fromZero: true,
    watermark: scene.simulated() ? t('banner.simulated') : undefined,
  })
  const day = h('span', {})
  const title = h('span', {}, t('curve.today'))
  const problem = h('div', {})
  let stop: (() => void) | null = null
  const load = async () => {
    const now = scene.now()
    const from = scene.time.startOfDay(now)
    const before = scene.time.startOfDay(from - 1)
    try {
      const [today, yesterday] = await Promise.all([
        series(scene.city.id, metric, from, now, 'PT15M'), series(scene.city.id, metric, before, from, 'PT15M'),
      ])
      curve.show(windowsOf(today, from, scene.time.endOfDay(now)), today.unit, now, windowsOf(yesterday, before, from))
      setText(day, scene.time.day(now))
      replace(problem)
    } catch (error) {
      replace(problem, failure(error))
    }
  }
  return {
    element: h('div', { class: 'today' },
      h('div', { class: 'curve-head' },
        h('h4', {}, title, ' ', day), h('p', {}, `${t('curve.todayHelp')} · ${t('curve.beforeLegend')} · ${t('curve.gapLegend')}`)),
      curve.element, problem),
    start(wanted) {
      if (stop !== null && wanted === metric) return
      stop?.()
      metric = wanted
      setText(title, t(metric === 'supply' ? 'curve.supplyToday' : 'curve.today'))
      stop = every(CurveRefreshMs, load)
    },
    close() { stop?.() },
  }
}

