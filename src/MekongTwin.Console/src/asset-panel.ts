import { asset, series } from './api'
import type { Asset, LatestValue, SeriesPoint } from './api'
import { AssetQualityCard } from './asset-quality'
import { WindowMs } from './city-time'
import { Curve } from './curve'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { Estimates } from './estimates'
import { freshnessMark, shapeOf } from './marks'
import { empty, failure, loading } from './notice'
import { count, quantityText, reading } from './numbers'
import { every, hrefOf } from './page'
import type { Scene } from './page'
import { t, textOfCode } from './text'
import { windowsOf } from './windows'
import type { CurveWindow } from './windows'

const RefreshMs = 5_000
const WindowCount = 24
const ReadingsMax = 200
/** Metrics whose zero lies far from every value: their curve fits the values instead. */
const fittedUnits = ['V', 'kV', 'Hz', 'Cel', 'hPa']

/** A dialog with everything known of one asset, down to the readings. Open while the address names the asset. */
export class AssetPanel {
  readonly element: HTMLDialogElement
  private readonly body = h('div', { class: 'panel-body' })
  private stop: (() => void) | null = null

  constructor(private readonly scene: Scene, onClosed: () => void) {
    this.element = h('dialog', { class: 'panel', 'data-testid': 'asset-panel', 'aria-labelledby': 'asset-title' },
      h('form', { method: 'dialog', class: 'panel-close' },
        h('button', { 'aria-label': t('state.close'), 'data-testid': 'asset-close' }, '✕')), this.body)
    this.element.addEventListener('close', () => {
      this.stop?.()
      onClosed()
    })
  }

  open(id: string): void {
    this.stop?.()
    const sheet = new AssetSheet(this.scene, id)
    replace(this.body, sheet.element)
    if (!this.element.open) this.element.showModal()
    this.stop = every(RefreshMs, () => sheet.load())
  }

  close(): void {
    this.stop?.()
    this.element.close()
  }
}

class AssetSheet {
  readonly element: HTMLElement
  private readonly title: HTMLElement
  private readonly kind = h('span', {})
  private readonly parents = h('p', { class: 'muted' })
  private readonly figures = h('p', { 'data-testid': 'asset-figures' })
  private readonly faulted = h('p', { class: 'notice notice-error', hidden: true, 'data-testid': 'asset-faulted' }, shapeOf('▲'), ' ', t('asset.faulted'))
  private readonly status = h('div', {}, loading())
  private readonly rows = h('tbody', {})
  private readonly latest: KeyedList<[string, LatestValue]>
  private readonly quality: AssetQualityCard
  private readonly history = h('div', { hidden: true })
  private readonly meaning = h('span', { 'data-testid': 'asset-meaning' })
  private readonly readingsCaption = h('p', { class: 'muted', 'data-testid': 'readings-caption' })
  /** Outlives its table, so that a refresh leaves the scroll position. */
  private readonly readings = h('div', { class: 'table-frame readings', tabindex: 0, role: 'region', 'aria-label': t('asset.readings') })
  private readonly estimates: Estimates
  private metric: string | null = null
  private curve: Curve | null = null
  private picked: number | null = null

  constructor(private readonly scene: Scene, private readonly id: string) {
    this.title = h('h2', { id: 'asset-title' }, id)
    this.quality = new AssetQualityCard(scene, id)
    this.estimates = new Estimates(scene, id)
    this.latest = new KeyedList(this.rows, ([metric]) => metric, ([metric]) => this.latestRow(metric))
    const heading = (key: Parameters<typeof t>[0], numeric = false) => h('th', { scope: 'col', class: numeric && 'numeric' }, t(key))
    this.element = h('div', {},
      this.title, h('p', { class: 'muted' }, this.kind, h('code', {}, id),
        scene.simulated() ? h('span', { class: 'tag' }, t('banner.simulated')) : null),
      this.faulted, this.parents, this.figures, this.status,
      h('h3', {}, t('asset.latest')),
      h('div', { class: 'table-frame' }, h('table', { class: 'compact' },
        h('thead', {}, h('tr', {}, heading('asset.metric'), heading('asset.value', true), heading('asset.time', true),
          heading('asset.quality'), heading('asset.freshness'))), this.rows)),
      this.quality.element, this.estimates.element, this.history)
  }

  async load(): Promise<void> {
    try {
      const state = await asset(this.id)
      this.showAsset(state)
      await this.quality.load()
      await this.estimates.show(state)
      if (this.metric !== null) await this.loadHistory(this.metric)
    } catch (error) {
      replace(this.status, failure(error, () => void this.load()))
    }
  }

  private showAsset(state: Asset): void {
    const latest = Object.entries(state.latest ?? {})
    setText(this.title, state.name ?? state.id)
    const geography = state.geography == null ? '' : ` (${textOfCode('geography', state.geography.version)})`
    setText(this.kind, state.kind === undefined ? '' : `${textOfCode('kind', state.kind)}${geography} · `)
    const parents = Object.entries(state.parents ?? {}).filter((entry): entry is [string, string] => entry[1] != null)
    replace(this.parents, parents.length === 0 ? null : `${t('asset.parents')}: `,
      ...parents.flatMap(([tree, parent], index) => [
        index === 0 ? null : ' · ', h('a', { href: hrefOf(parent) }, parent), ` (${textOfCode('parent', tree)})`]))
    this.faulted.hidden = state.faulted !== true
    const load = state.figures?.loading
    setText(this.figures, load === undefined ? '' : `${t('asset.loading')}: ${quantityText(load, '%', 1)}`)
    this.metric ??= latest.some(([metric]) => metric === 'P') ? 'P' : latest[0]?.[0] ?? null
    this.latest.show(latest)
    replace(this.status, latest.length > 0 ? null : empty(t('asset.noLatest', { topic: `mt/v1/${this.id}/<metric>` })))
  }

  private latestRow(metric: string): View<[string, LatestValue]> {
    const choice = h('input', {
      type: 'radio', name: 'metric', value: metric, checked: metric === this.metric, onchange: () => this.choose(metric),
    })
    const value = h('td', { class: 'numeric' })
    const time = h('td', { class: 'numeric' })
    const quality = h('td', {})
    const freshness = h('td', {})
    const scene = this.scene
    return {
      element: h('tr', { 'data-testid': 'latest-row' },
        h('th', { scope: 'row' }, h('label', {}, choice, ' ', textOfCode('metric', metric))), value, time, quality, freshness),
      show([, latest]) {
        setText(value, reading(latest.value, latest.unit))
        setText(time, scene.time.clock(latest.time, scene.now()))
        setText(quality, textOfCode('quality', latest.quality ?? ''))
        replace(freshness, freshnessMark(latest.freshness))
      },
    }
  }

  private choose(metric: string): void {
    this.metric = metric
    this.curve = null
    this.picked = null
    void this.load()
  }

  private async loadHistory(metric: string): Promise<void> {
    const now = this.scene.now()
    const to = Math.floor(now / WindowMs) * WindowMs + WindowMs
    const from = to - WindowCount * WindowMs
    const answer = await series(this.id, metric, from, now, 'PT15M')
    if (metric !== this.metric) return
    const windows = windowsOf(answer, from, to)
    this.curve ??= this.newCurve(metric, answer.unit ?? '')
    this.curve.show(windows, answer.unit, now)
    setText(this.meaning, meaningOf(answer.means))
    const start = this.picked ?? windows.findLast(window => window.value !== null)?.start
    if (start !== undefined) await this.loadReadings(metric, start)
  }

  private newCurve(metric: string, unit: string): Curve {
    const curve = new Curve({
      label: `${t('asset.windows')}, ${textOfCode('metric', metric)}`, unit, decimals: 1, heightMinPx: 150, time: this.scene.time,
      testId: 'asset-curve', fromZero: !fittedUnits.includes(unit),
      watermark: this.scene.simulated() ? t('banner.simulated') : undefined,
      onPick: window => this.pick(metric, window),
    })
    this.history.hidden = false
    replace(this.history, h('h3', {}, t('asset.windows')), curve.element, h('p', { class: 'muted' }, this.meaning, ' · ', t('asset.pick')),
      h('h3', {}, t('asset.readings')), this.readingsCaption, this.readings)
    return curve
  }

  private pick(metric: string, window: CurveWindow): void {
    this.picked = window.start
    this.loadReadings(metric, window.start).catch(error => replace(this.readings, failure(error)))
  }

  private async loadReadings(metric: string, start: number): Promise<void> {
    const raw = await series(this.id, metric, start, start + WindowMs, 'raw')
    if (metric !== this.metric || (this.picked ?? start) !== start) return
    const shown = raw.points.slice(-ReadingsMax)
    const span = this.scene.time.span(start, start + WindowMs)
    setText(this.readingsCaption, `${t('asset.readingsOf', { metric: textOfCode('metric', metric), span })} · ${
      t('asset.readingsShown', { shown: count(shown.length), total: count(raw.points.length) })}`)
    replace(this.readings, shown.length === 0 ? empty(t('asset.noReadings')) : this.readingsTable(shown, raw.unit))
  }

  private readingsTable(points: SeriesPoint[], unit: string | undefined): HTMLElement {
    const qualities = points.some(point => point.q !== undefined)
    return h('table', { class: 'compact' },
      h('thead', {}, h('tr', {},
        h('th', { scope: 'col' }, t('asset.time')), h('th', { scope: 'col', class: 'numeric' }, t('asset.value')),
        qualities && h('th', { scope: 'col' }, t('asset.quality')))),
      h('tbody', {}, ...points.map(point => h('tr', { 'data-testid': 'reading-row' },
        h('td', {}, this.scene.time.full(point.t)), h('td', { class: 'numeric' }, reading(point.v, unit)),
        qualities && h('td', {}, textOfCode('quality', point.q ?? ''))))))
  }
}

/** What one window of the curve is: a register's window is what it grew by, not a mean. */
function meaningOf(means: string | undefined): string {
  return means === 'growth' ? t('asset.growth') : means === 'count' ? t('asset.events') : t('curve.todayHelp')
}
