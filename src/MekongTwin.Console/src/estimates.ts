import { estimates } from './api'
import type { Asset, Estimate } from './api'
import { WindowMs } from './city-time'
import { Curve } from './curve'
import { h, KeyedList, setText } from './dom'
import type { View } from './dom'
import { bandText } from './numbers'
import type { Scene } from './page'
import { t, textOfCode } from './text'
import { windowsOf } from './windows'

const WindowCount = 96
/** Their zero lies far from every value. */
const fitted = ['V']

/** What is estimated of an asset because nothing fresh measures it: each figure with its band, and the last day of the one that is chosen. */
export class Estimates {
  readonly element: HTMLElement
  private readonly rows = h('tbody', {})
  private readonly list: KeyedList<[string, Estimate]>
  private readonly time = h('p', { class: 'muted' })
  private readonly past = h('div', {})
  private metric: string | null = null
  private curve: Curve | null = null

  constructor(private readonly scene: Scene, private readonly id: string) {
    this.list = new KeyedList(this.rows, ([metric]) => metric, ([metric]) => this.row(metric))
    this.element = h('div', { hidden: true, 'data-testid': 'asset-estimates' }, h('h3', {}, t('asset.estimates')), h('p', { class: 'muted' }, t('grid.help')),
      h('div', { class: 'table-frame' }, h('table', { class: 'compact' }, this.rows)), this.time, this.past)
  }

  async show(state: Asset): Promise<void> {
    const values = Object.entries(state.estimate?.values ?? {})
    this.element.hidden = values.length === 0
    if (state.estimate === undefined || values.length === 0) return
    if (!values.some(([metric]) => metric === this.metric)) this.choose(values.some(([metric]) => metric === 'P') ? 'P' : values[0]![0])
    this.list.show(values)
    setText(this.time, t('city.asOf', { time: this.scene.time.clock(state.estimate.time, this.scene.now()) }))
    await this.loadPast(this.metric!, state.estimate.values[this.metric!]?.unit ?? '')
  }

  private row(metric: string): View<[string, Estimate]> {
    const value = h('td', { class: 'numeric' })
    const choice = h('input', { type: 'radio', name: 'estimate', value: metric, checked: metric === this.metric, onchange: () => this.choose(metric) })
    return {
      element: h('tr', { 'data-testid': 'estimate-row' }, h('th', { scope: 'row' }, h('label', {}, choice, ' ', textOfCode('metric', metric))), value),
      show([, estimate]) { setText(value, bandText(estimate, estimate.unit ?? '', Math.abs(estimate.value) < 100 ? 2 : 1)) },
    }
  }

  private choose(metric: string): void {
    this.metric = metric
    this.curve = null
    this.past.replaceChildren()
  }

  private async loadPast(metric: string, unit: string): Promise<void> {
    const past = await estimates(this.id, metric)
    if (metric !== this.metric || past === null) return
    const now = this.scene.now()
    const to = Math.floor(now / WindowMs) * WindowMs + WindowMs
    this.curve ??= this.newCurve(metric, unit)
    this.curve.show(windowsOf(past, to - WindowCount * WindowMs, to), unit, now)
  }

  private newCurve(metric: string, unit: string): Curve {
    const curve = new Curve({
      label: `${t('asset.estimates')}, ${textOfCode('metric', metric)}`, unit, decimals: 1, heightMinPx: 150, time: this.scene.time, testId: 'estimate-curve',
      fromZero: !fitted.includes(metric), watermark: this.scene.simulated() ? t('banner.simulated') : undefined,
    })
    this.past.replaceChildren(curve.element)
    return curve
  }
}
