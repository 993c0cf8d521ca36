import { h, replace, whenInSight } from './dom'
import { failure, loading } from './notice'
import type { Scene, Section } from './page'
import { t, useStudiesTexts } from './text'

/** What-if studies of the city. All but the heading is fetched when it comes into sight. */
export function whatIfSection(scene: Scene): Section {
  let stop: (() => void) | null = null
  let closed = false
  const body = h('div', { class: 'what-if' }, loading())
  const element = h('section', { id: 'what-if', 'aria-labelledby': 'what-if-title' },
    h('div', { class: 'section-head' }, h('h2', { id: 'what-if-title' }, t('whatIf.title')), h('p', {}, t('whatIf.help'))), body)

  const leave = whenInSight(element, () => { void begin() })

  async function begin(): Promise<void> {
    try {
      const [{ showStudies }] = await Promise.all([import('./studies'), useStudiesTexts()])
      if (!closed) stop = showStudies(scene, body)
    } catch (error) {
      replace(body, failure(error, () => void begin()))
    }
  }

  return {
    element,
    close() {
      closed = true
      leave()
      stop?.()
    },
  }
}
