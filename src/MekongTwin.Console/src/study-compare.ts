import { compareStudies, Problem } from './api'
import type { StudyComparison } from './api'
import { h, replace } from './dom'
import { failure, loading } from './notice'
import { count, decimal } from './numbers'
import type { Scene } from './page'
import { measures } from './study-answer'
import { decimalsOf, spread } from './study-figures'
import { t } from './text'

/** Studies side by side. Where they stand on different bases the server refuses; they can be shown all the same. */
export async function showComparison(scene: Scene, to: HTMLElement, ids: string[], close: () => void, bases: 'same' | 'any' = 'same'): Promise<void> {
  replace(to, loading())
  try {
    replace(to, ...comparison(scene, await compareStudies(ids, bases), close))
  } catch (error) {
    const refused = error instanceof Problem && error.status === 400 && bases === 'same'
    replace(to, failure(error), refused
      ? h('button', { type: 'button', 'data-testid': 'compare-anyway', onclick: () => void showComparison(scene, to, ids, close, 'any') }, t('compare.anyway'))
      : null, closer(close))
  }
}

function comparison(scene: Scene, { difference, studies }: StudyComparison, close: () => void): (HTMLElement | null)[] {
  const rows = measures.flatMap(({ key, label, unit, decimals }) => {
    const values = studies.map(study => study.scenario[key])
    const highest = Math.max(...values.map(value => value?.p90 ?? 0))
    return values.every(value => value === undefined) ? [] : [h('tr', { 'data-testid': `compare-${key}` }, h('th', { scope: 'row' }, t(label)),
      ...values.map(value => h('td', { class: 'numeric' }, ...value === undefined ? ['–'] : spread(value, unit, figure => decimal(figure, decimals ?? decimalsOf(highest))))))]
  })
  return [
    h('div', { class: 'study-head' }, h('h3', {}, t('compare.title')),
      scene.simulated() ? h('span', { class: 'tag' }, t('banner.simulated')) : null, closer(close)),
    difference === undefined ? null : h('p', { class: 'notice', 'data-testid': 'compare-difference' }, t('compare.difference')),
    h('p', { class: 'study-p90' }, t('answer.p90')),
    h('div', { class: 'table-frame', tabindex: 0, role: 'group', 'aria-label': t('compare.title') },
      h('table', { class: 'compact', 'data-testid': 'compare-table' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('answer.measure')), ...studies.map(study => h('th', { scope: 'col', class: 'numeric' }, study.name,
          h('small', {}, t('compare.run', { from: study.from, days: count(study.days), futures: count(study.futures), seed: String(study.seed), time: scene.time.full(study.base.asOf) })))))),
        h('tbody', {}, ...rows, h('tr', { 'data-testid': 'compare-violations' }, h('th', { scope: 'row' }, t('answer.violations')),
          ...studies.map(study => h('td', { class: 'numeric' }, h('strong', {}, count(study.violationsInAll)))))))),
  ]
}

function closer(close: () => void): HTMLElement {
  return h('button', { type: 'button', 'data-testid': 'answer-close', onclick: close }, t('state.close'))
}
