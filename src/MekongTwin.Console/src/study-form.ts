import { askStudy, cityMap } from './api'
import type { Lever, Scenario, Study } from './api'
import { h, replace } from './dom'
import { failure } from './notice'
import type { Scene } from './page'
import { t } from './text'
import type { TextKey } from './text'

const strategies = ['evening', 'workplace', 'managed'] as const

/** Bounds as the server has them; it checks again, and says by the field what is wrong. */
const bounds = { days: 3_660, futures: 1_000, seed: 2_147_483_647 }

/** A scenario in a few fields. A lever left at 0, or an outage without an element, is not applied. */
export function studyForm(scene: Scene, asked: (study: Study) => Promise<void>): HTMLElement {
  const number = (testId: string, min: number, max: number, step: number, value: number) =>
    h('input', { type: 'number', required: true, min, max, step, value, 'data-testid': testId })
  const name = h('input', { maxlength: 100, autocomplete: 'off', placeholder: t('whatIf.namePlaceholder'), 'data-testid': 'study-name' })
  const heat = number('lever-heat', -10, 10, 0.1, 0)
  const bikes = number('lever-bikes', 0, 100, 1, 0)
  const charging = h('select', {}, ...strategies.map(strategy => h('option', { value: strategy }, t(`charging.${strategy}`))))
  const pv = number('lever-pv', 0, 10_000, 0.1, 0)
  const growth = number('lever-growth', -50, 200, 0.1, 0)
  const feeders = h('datalist', { id: 'what-if-feeders' })
  const element = h('input', {
    list: 'what-if-feeders', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', maxlength: 200, placeholder: `${scene.city.id}/fdr/…`,
    'data-testid': 'lever-outage', onfocus: () => void suggest(),
  })
  const from = number('outage-from', 0, 24, 0.25, 18)
  const to = number('outage-to', 0, 24, 0.25, 20)
  const day = h('input', { type: 'date', 'data-testid': 'study-from' })
  const days = number('study-days', 1, bounds.days, 1, 1)
  const futures = number('study-futures', 1, bounds.futures, 1, 100)
  const seed = number('study-seed', 0, bounds.seed, 1, 1)
  const status = h('div', { role: 'status' })
  const button = h('button', { class: 'primary', 'data-testid': 'study-run' }, t('whatIf.run'))

  let suggested = false
  async function suggest(): Promise<void> {
    if (suggested) return
    suggested = true
    try {
      const { features } = await cityMap(scene.city.id)
      replace(feeders, ...features.filter(feature => feature.properties.kind === 'feeder').map(({ id, properties }) => h('option', { value: id }, properties.name ?? id)))
    } catch {
      // Without suggestions the path can still be typed; the server names what is near.
      suggested = false
    }
  }

  function scenario(): Scenario {
    const levers: Lever[] = []
    const words: string[] = []
    const add = (lever: Lever, label: TextKey, figure: string) => {
      levers.push(lever)
      words.push(`${t(label)} ${figure}`)
    }
    const outage = element.value.trim()
    if (heat.valueAsNumber !== 0) add({ kind: 'heatWave', deltaC: heat.valueAsNumber }, 'whatIf.heat', `${heat.value} °C`)
    if (bikes.valueAsNumber !== 0) add({ kind: 'electricMotorbikes', share: bikes.valueAsNumber / 100, charging: charging.value }, 'whatIf.bikes', `${bikes.value} %`)
    if (pv.valueAsNumber !== 0) add({ kind: 'rooftopPv', mwp: pv.valueAsNumber }, 'whatIf.pv', `${pv.value} MWp`)
    if (growth.valueAsNumber !== 0) add({ kind: 'growth', percent: growth.valueAsNumber }, 'whatIf.growth', `${growth.value} %`)
    if (outage !== '') add({ kind: 'outage', element: outage, fromHour: from.valueAsNumber, toHour: to.valueAsNumber }, 'whatIf.outageOf', `${outage} ${from.value}–${to.value} h`)
    return {
      // Without a name of its own a study is called after what it changes.
      name: name.value.trim() || words.join(', ') || t('whatIf.noChange'), city: scene.city.id, ...day.value === '' ? {} : { from: day.value },
      days: days.valueAsNumber, futures: futures.valueAsNumber, seed: seed.valueAsNumber, levers,
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
  return h('form', { class: 'study-form', onsubmit: submit, 'data-testid': 'study-form' },
    h('div', { class: 'study-name' }, field('whatIf.name', name)),
    h('fieldset', {}, h('legend', {}, t('whatIf.levers')), h('p', { class: 'muted' }, t('whatIf.leversHelp')),
      h('div', { class: 'study-fields' },
        field('whatIf.heat', heat, '°C'), field('whatIf.bikes', bikes, '%'), field('whatIf.charging', charging), field('whatIf.pv', pv, 'MWp'), field('whatIf.growth', growth, '%')),
      h('div', { class: 'study-fields' },
        h('div', { class: 'study-wide' }, field('whatIf.outage', element)), feeders, field('whatIf.outageFrom', from, 'h'), field('whatIf.outageTo', to, 'h'))),
    h('fieldset', {}, h('legend', {}, t('whatIf.run.title')), h('p', { class: 'muted' }, t('whatIf.runHelp')),
      h('div', { class: 'study-fields' },
        field('whatIf.from', day), field('whatIf.days', days, 'd'), field('whatIf.futures', futures), field('whatIf.seed', seed))),
    h('div', { class: 'study-submit' }, button, h('p', { class: 'muted' }, t('whatIf.role'))), status)
}
