import { askStudy, screens } from './api'
import type { Scenario, Study } from './api'
import { h, replace } from './dom'
import { LeverRows } from './lever-rows'
import { failure } from './notice'
import type { Scene } from './page'
import { t } from './text'
import type { TextKey } from './text'

/** Bounds as the server has them; it checks again, and says by the field what is wrong. */
const bounds = { days: 3_660, futures: 1_000, seed: 2_147_483_647 }

export interface StudyForm {
  element: HTMLElement
  /** Asks about the city as it was at an instant, as a study's answer has it, so that the two can be compared. */
  branchAt(instant: string): void
}

/** A scenario: what is changed, and how it is run. */
export function studyForm(scene: Scene, asked: (study: Study) => Promise<void>): StudyForm {
  const number = (testId: string, min: number, max: number, step: number, value: number) =>
    h('input', { type: 'number', required: true, min, max, step, value, 'data-testid': testId })
  const name = h('input', { maxlength: 100, autocomplete: 'off', placeholder: t('whatIf.namePlaceholder'), 'data-testid': 'study-name' })
  const levers = new LeverRows(scene)
  const base = h('div', { class: 'study-submit', role: 'status', 'data-testid': 'study-base' })
  let at: string | null = null
  const day = h('input', { type: 'date', 'data-testid': 'study-from' })
  const days = number('study-days', 1, bounds.days, 1, 1)
  const futures = number('study-futures', 1, bounds.futures, 1, 100)
  const seed = number('study-seed', 0, bounds.seed, 1, 1)
  const screening = screens.map(screen => ({ screen, box: h('input', { type: 'checkbox', 'aria-describedby': `study-screen-${screen}`, 'data-testid': `study-screen-${screen}` }) }))
  const status = h('div', { role: 'status' })
  const button = h('button', { class: 'primary', 'data-testid': 'study-run' }, t('whatIf.run'))

  const scenario = (): Scenario => {
    const screen = screening.filter(({ box }) => box.checked).map(({ screen }) => screen)
    return {
      // Without a name of its own a study is called after what it changes.
      name: name.value.trim() || levers.words() || t('whatIf.noChange'), city: scene.city.id, ...at === null ? {} : { at }, ...day.value === '' ? {} : { from: day.value },
      days: days.valueAsNumber, futures: futures.valueAsNumber, seed: seed.valueAsNumber, levers: levers.levers(), ...screen.length === 0 ? {} : { screen },
    }
  }

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    button.disabled = true
    try {
      const study = await askStudy(scenario())
      replace(status)
      await asked(study)
    } catch (error) {
      replace(status, failure(error))
    } finally {
      button.disabled = false
    }
  }

  const field = (label: TextKey, input: HTMLElement, unit = '') =>
    h('label', {}, h('span', {}, t(label), unit === '' ? null : h('span', { class: 'unit' }, ` (${unit})`)), input)
  const branchAt = (instant: string | null) => {
    at = instant
    replace(base, ...instant === null ? [] : [
      h('p', {}, t('whatIf.asOf', { time: scene.time.full(instant) })), h('button', { type: 'button', 'data-testid': 'study-now', onclick: () => { branchAt(null); name.focus() } }, t('whatIf.fromNow'))])
  }
  const element = h('form', { class: 'study-form', onsubmit: submit, 'data-testid': 'study-form' },
    h('div', { class: 'study-name' }, field('whatIf.name', name)), base,
    h('fieldset', {}, h('legend', {}, t('whatIf.levers')), h('p', { class: 'muted' }, t('whatIf.leversHelp')), levers.element),
    h('fieldset', {}, h('legend', {}, t('whatIf.screening')), h('p', { class: 'muted' }, t('whatIf.screeningHelp')),
      h('ul', { class: 'study-screens' }, ...screening.map(({ screen, box }) => h('li', {},
        h('label', { class: 'study-more' }, box, ' ', t(`screen.${screen}`)), h('p', { class: 'muted', id: `study-screen-${screen}` }, t(`screenHelp.${screen}`)))))),
    h('fieldset', {}, h('legend', {}, t('whatIf.run.title')), h('p', { class: 'muted' }, t('whatIf.runHelp')),
      h('div', { class: 'study-fields' },
        field('whatIf.from', day), field('whatIf.days', days, 'd'), field('whatIf.futures', futures), field('whatIf.seed', seed))),
    h('div', { class: 'study-submit' }, button, h('p', { class: 'muted' }, t('whatIf.role'))), status)
  return {
    element,
    branchAt(instant) {
      branchAt(instant)
      element.scrollIntoView({ block: 'start' })
      name.focus({ preventScroll: true })
    },
  }
}
