import { assetQuality } from './api'
import { findingItems, findingMark } from './findings'
import { h, replace, setText } from './dom'
import { loading } from './notice'
import { percent } from './numbers'
import type { Scene } from './page'
import { t, textOfCode } from './text'

/** The asset's day as far as it is: how complete its points are, what is wrong with them, and what to do about it. */
export class AssetQualityCard {
  readonly element: HTMLElement
  private readonly share = h('p', { class: 'muted', 'data-testid': 'asset-completeness' })
  private readonly findings = h('ul', { class: 'quality-list', 'data-testid': 'asset-findings' })
  private readonly advice = h('div', {})
  private readonly status = h('div', {}, loading())

  constructor(private readonly scene: Scene, private readonly id: string) {
    this.element = h('div', { hidden: true, 'data-testid': 'asset-quality' },
      h('h3', {}, t('dataQuality.title'), ', ', scene.time.day(scene.now())), this.status, this.share, this.findings, this.advice)
  }

  async load(): Promise<void> {
    const answer = await assetQuality(this.id)
    const points = answer.points ?? []
    // Totals have no sensor of their own.
    this.element.hidden = points.length === 0
    const kinds = [...new Set(points.flatMap(point => (point.findings ?? []).map(finding => finding.kind)))]
    const isLooked = points.every(point => point.checked !== false)
    setText(this.share, `${t('dataQuality.completeness')}: ${points.map(point => `${textOfCode('metric', point.metric)} ${percent(point.completeness ?? undefined, 1)}`).join(' · ')}`)
    replace(this.findings, ...findingItems(this.scene, points))
    replace(this.advice, ...kinds.map(kind => h('p', { class: 'muted' }, findingMark(kind), ' ', textOfCode('advice', kind))))
    replace(this.status, kinds.length === 0 && isLooked ? h('p', { 'data-testid': 'asset-sound' }, t('dataQuality.nothing')) : null)
  }
}
