import { cityGrid } from './api'
import type { Feeder, Grid } from './api'
import { h, KeyedList, replace, setText, whenInSight } from './dom'
import type { View } from './dom'
import { shapeOf } from './marks'
import { empty, failure, loading } from './notice'
import { bandText, count, NoValue, percent, quantityText } from './numbers'
import { every, hrefOf } from './page'
import type { Scene, Section } from './page'
import { t } from './text'

/** The server completes the grid once a minute. */
const RefreshMs = 20_000
const ListedMax = 15
const OverPercent = 100

/** The grid as it is completed from what is measured: by feeder power, losses, lowest voltage and fullest line, and where measurements contradict each other. */
export function gridSection(scene: Scene): Section {
  let stop: (() => void) | null = null
  let grid: Grid | null = null
  let all = false

  const summary = h('p', { class: 'muted', role: 'status', 'data-testid': 'grid-summary' })
  const status = h('div', {}, loading())
  const rows = h('tbody', {})
  const list = new KeyedList<Feeder>(rows, feeder => feeder.id, feederRow)
  const column = (key: Parameters<typeof t>[0], numeric = true) => h('th', { scope: 'col', class: numeric && 'numeric' }, t(key))
  const table = h('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-labelledby': 'grid-title', hidden: true }, h('table', { class: 'compact', 'data-testid': 'grid-feeders' },
    h('thead', {}, h('tr', {}, column('grid.feeder', false), column('grid.power'), column('grid.losses'), column('grid.lowestVoltage'), column('grid.fullestLine'), column('grid.measured'), column('grid.contradiction', false))), rows))
  const shown = h('span', { class: 'muted', 'data-testid': 'grid-shown' })
  const more = h('button', { type: 'button', hidden: true, 'data-testid': 'grid-all', onclick: () => toggle() })
  const element = h('section', { id: 'grid', 'aria-labelledby': 'grid-title' },
    h('div', { class: 'section-head' }, h('h2', { id: 'grid-title' }, t('grid.title')), h('p', {}, t('grid.help'))),
    h('div', { class: 'card' }, summary, status, table, h('p', { class: 'grid-more' }, shown, ' ', more)))

  const leave = whenInSight(element, () => { stop = every(RefreshMs, refresh) })

  async function refresh(): Promise<void> {
    try {
      grid = await cityGrid(scene.city.id)
      replace(status, grid === null ? empty(t('grid.none')) : null)
    } catch (error) {
      return replace(status, failure(error))
    }
    show()
  }

  function toggle(): void {
    all = !all
    show()
  }

  function show(): void {
    table.hidden = grid === null
    if (grid === null) return
    setText(summary, [
      t('city.asOf', { time: scene.time.clock(grid.time, scene.now()) }),
      t('grid.cityLosses', { losses: quantityText({ value: grid.lossesKw ?? null, unit: 'kW' }, 'MW', 2) }),
      t('grid.meters', { reporting: count(grid.meters?.reporting), total: count(grid.meters?.total) }),
      t('grid.contradicting', { count: count(grid.inconsistent) }),
      ...(grid.unsolved ?? 0) > 0 ? [t('grid.unsolved', { count: count(grid.unsolved) })] : [],
    ].join(' · '))
    const ordered = [...grid.feeders].sort((a, b) => rankOf(b) - rankOf(a))
    const listed = all ? ordered : ordered.slice(0, ListedMax)
    list.show(listed)
    setText(shown, t('grid.shown', { shown: count(listed.length), total: count(ordered.length) }))
    more.hidden = ordered.length <= ListedMax
    setText(more, t(all ? 'grid.fewer' : 'grid.all'))
  }

  return {
    element,
    close() {
      leave()
      stop?.()
    },
  }
}

/** What was not solved first, then what is contradicted, then the fullest. */
function rankOf(feeder: Feeder): number {
  if (feeder.solved === false) return 1e9
  return (feeder.inconsistency === undefined ? 0 : 1e6 + Math.abs(feeder.inconsistency.kw)) + (feeder.highestLoading?.value ?? 0)
}

function feederRow(feeder: Feeder): View<Feeder> {
  const [power, losses, measured] = [h('td', { class: 'numeric' }), h('td', { class: 'numeric' }), h('td', { class: 'numeric' })]
  const [voltage, voltageAt] = [h('span', {}), h('small', {})]
  const [loaded, loadedAt] = [h('span', {}), h('small', {})]
  const says = h('td', {})
  return {
    element: h('tr', { 'data-testid': 'grid-feeder' }, h('th', { scope: 'row' }, h('a', { href: hrefOf(feeder.id) }, feeder.name ?? feeder.id)), power, losses,
      h('td', { class: 'numeric' }, voltage, voltageAt), h('td', { class: 'numeric' }, loaded, loadedAt), measured, says),
    show(next) {
      setText(power, bandText(next.p, 'MW', 2))
      setText(losses, quantityText({ value: next.lossesKw ?? null, unit: 'kW' }, 'kW', 1))
      setText(voltage, bandText(next.lowestVoltage, '1', 3))
      setText(voltageAt, next.lowestVoltageNode ?? '')
      replace(loaded, (next.highestLoading?.value ?? 0) > OverPercent ? shapeOf('▲') : null, ' ', bandText(next.highestLoading, '%', 1))
      setText(loadedAt, next.highestLoadingLine ?? '')
      setText(measured, percent(next.coverage))
      replace(says, next.solved === false ? mark(t('grid.notSolved')) : next.inconsistency === undefined ? NoValue : mark(contradictionText(next.inconsistency.kw)))
    },
  }
}

function mark(text: string): HTMLElement {
  return h('span', { class: 'mark mark-less' }, shapeOf('▲'), ' ', text)
}

function contradictionText(kw: number): string {
  return t(kw > 0 ? 'grid.metersOverHead' : 'grid.headOverLoads', { power: quantityText({ value: Math.abs(kw), unit: 'kW' }, 'kW', 0) })
}
