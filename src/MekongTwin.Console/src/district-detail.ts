import { series, transformers } from './api'
import type { Asset, District } from './api'
import { Curve } from './curve'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { freshnessMark } from './marks'
import { empty, failure, loading } from './notice'
import { count, quantityText, reading } from './numbers'
import { every, hrefOf } from './page'
import type { Scene } from './page'
import { t } from './text'
import { windowsOf } from './windows'

const RefreshMs = 10_000
/** As many as the server is asked for; the most loaded of them are shown. */
const AskedMax = 50
const ShownMax = 10

/** The district's day and its most loaded transformers, refreshed while open. */
export function districtDetail(scene: Scene, district: District): { element: HTMLElement, close(): void } {
  const curve = new Curve({
    label: `${t('curve.today')}, ${district.name}`, unit: 'MW', decimals: 2, heightMinPx: 140, time: scene.time,
    testId: 'district-curve', fromZero: true, watermark: scene.simulated() ? t('banner.simulated') : undefined,
  })
  const rows = h('tbody', {})
  const list = new KeyedList<Asset>(rows, asset => asset.id, asset => transformerRow(scene, asset))
  const caption = h('p', { class: 'muted' })
  const status = h('div', {}, loading())

  const load = async () => {
    const now = scene.now()
    const from = scene.time.startOfDay(now)
    try {
      const [page, today] = await Promise.all([
        transformers(scene.city.id, district.id, AskedMax),
        series(district.id, 'demand', from, now, 'PT15M'),
      ])
      const shown = [...page.items].sort((a, b) => loadingOf(b) - loadingOf(a)).slice(0, ShownMax)
      list.show(shown)
      curve.show(windowsOf(today, from, scene.time.endOfDay(now)), today.unit, now)
      setText(caption, t('districts.shown', { shown: count(shown.length), total: count(page.total ?? page.items.length) }))
      replace(status, shown.length === 0 ? empty(t('districts.noTransformers')) : null)
    } catch (error) {
      replace(status, failure(error, () => void load()))
    }
  }

  const element = h('div', { class: 'district-detail', 'data-testid': 'district-detail' },
    h('div', {}, h('h3', {}, t('districts.transformers')), caption, status, h('table', { class: 'compact' }, rows)),
    h('div', {}, h('h3', {}, t('curve.today')), curve.element))
  return { element, close: every(RefreshMs, load) }
}

function loadingOf(asset: Asset): number {
  return asset.figures?.loading?.value ?? -1
}

function transformerRow(scene: Scene, asset: Asset): View<Asset> {
  const bar = h('span', { class: 'load-bar-fill' })
  const load = h('td', { class: 'numeric' })
  const power = h('td', { class: 'numeric' })
  const freshness = h('td', {})
  const time = h('td', { class: 'numeric muted' })
  return {
    element: h('tr', { 'data-testid': 'transformer-row' },
      h('th', { scope: 'row' }, h('a', { href: hrefOf(asset.id), 'data-testid': 'asset-link' }, asset.name ?? asset.id)),
      h('td', { class: 'load-bar-cell', 'aria-hidden': 'true' }, h('span', { class: 'load-bar' }, bar)), load, power, freshness, time),
    show(next) {
      const value = next.figures?.loading?.value ?? 0
      bar.style.width = `${Math.min(100, value)}%`
      setText(load, `${value > 100 ? '▲ ' : ''}${quantityText(next.figures?.loading, '%', 1)}`)
      setText(power, reading(next.latest?.['P']?.value, next.latest?.['P']?.unit))
      replace(freshness, freshnessMark(next.latest?.['P']?.freshness))
      setText(time, scene.time.clock(next.latest?.['P']?.time, scene.now()))
    },
  }
}
