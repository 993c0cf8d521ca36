import { askStudy } from './api'
import type { Scenario, Study } from './api'
import { h, replace } from './dom'
import { LeverRows } from './lever-rows'
import { failure } from './notice'
import type { Scene } from './page'
import { t } from './text'
import type { TextKey } from './text'

/** Bounds as the server has them; it checks again, and says by the field what is wrong. */
const bounds = { days: 3_660, futures: 1_000, seed: 2_147_483_647 }

/** A scenario: what is changed, and how it is run. */
export function studyForm(scene: Scene, asked: (study: Study) => Promise<void>): HTMLElement {
  const number = (testId: string, min: number, max: number, step: number, value: number) =>
    h('input', { type: 'number', required: true, min, max, step, value, 'data-testid': testId })
  const name = h('input', { maxlength: 100, autocomplete: 'off', placeholder: t('whatIf.namePlaceholder'), 'data-testid': 'study-name' })
  const levers = new LeverRows(scene)
  const day = h('input', { type: 'date', 'data-testid': 'study-from' })
  const days = number('study-days', 1, bounds.days, 1, 1)
  const futures = number('study-futures', 1, bounds.futures, 1, 100)
  const seed = number('study-seed', 0, bounds.seed, 1, 1)
  const status = h('div', { role: 'status' })
  const button = h('button', { class: 'primary', 'data-testid': 'study-run' }, t('whatIf.run'))

  const scenario = (): Scenario => ({
    // Without a name of its own a study is called after what it changes.
    name: name.value.trim() || levers.words() || t('whatIf.noChange'), city: scene.city.id, ...day.value === '' ? {} : { from: day.value },
    days: days.valueAsNumber, futures: futures.valueAsNumber, seed: seed.valueAsNumber, levers: levers.levers(),
  })

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
  return h('form', { class: 'study-form', onsubmit: submit, 'data-testid': 'study-form' },
    h('div', { class: 'study-name' }, field('whatIf.name', name)),
    h('fieldset', {}, h('legend', {}, t('whatIf.levers')), h('p', { class: 'muted' }, t('whatIf.leversHelp')), levers.element),
    h('fieldset', {}, h('legend', {}, t('whatIf.run.title')), h('p', { class: 'muted' }, t('whatIf.runHelp')),
      h('div', { class: 'study-fields' },
        field('whatIf.from', day), field('whatIf.days', days, 'd'), field('whatIf.futures', futures), field('whatIf.seed', seed))),
    h('div', { class: 'study-submit' }, button, h('p', { class: 'muted' }, t('whatIf.role'))), status)
}
