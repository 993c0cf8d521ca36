import type { FreshnessCount } from './api'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { freshnessShapes, freshnessStates, shapeOf } from './marks'
import { empty, loading } from './notice'
import { count } from './numbers'
import type { Section } from './page'
import { t, textOfCode } from './text'

/** How many sensors of each kind were heard in time: a bar for the eye, the counts in words below it. */
export function freshnessSection(): Section {
  const items = h('ul', { class: 'freshness-list' })
  const list = new KeyedList<FreshnessCount>(items, row => row.kind, row => kindView(row.kind))
  const status = h('div', {}, loading())
  return {
    element: h('section', { id: 'sensors', 'aria-labelledby': 'sensors-title' },
      h('div', { class: 'section-head' }, h('h2', { id: 'sensors-title' }, t('freshness.title')), h('p', {}, t('freshness.help'))),
      h('div', { class: 'card' }, items, status)),
    showCity(state) {
      const rows = state.freshness ?? []
      list.show(rows)
      replace(status, rows.length > 0 ? null : empty(t('freshness.empty')))
    },
  }
}

function kindView(kind: string): View<FreshnessCount> {
  const total = h('span', { class: 'muted' })
  const parts = freshnessStates.map(state => ({
    state,
    segment: h('span', { class: `segment segment-${state}` }),
    number: h('strong', {}),
  }))
  return {
    element: h('li', { 'data-testid': 'freshness-row', 'data-kind': kind },
      h('div', { class: 'freshness-head' }, h('h3', {}, textOfCode('kind', kind)), total),
      h('div', { class: 'segments', 'aria-hidden': 'true' }, ...parts.map(({ segment }) => segment)),
      h('ul', { class: 'counts' }, ...parts.map(({ state, number }) =>
        h('li', { class: `mark mark-${state}` }, shapeOf(freshnessShapes[state]), ' ', number, ' ', t(`freshness.${state}`))))),
    show(row) {
      const all = freshnessStates.reduce((sum, state) => sum + (row[state] ?? 0), 0)
      setText(total, `${t('freshness.total')}: ${count(all)}`)
      for (const { state, segment, number } of parts) {
        segment.style.flexGrow = String(row[state] ?? 0)
        segment.hidden = (row[state] ?? 0) === 0
        setText(number, count(row[state] ?? 0))
      }
    },
  }
}
