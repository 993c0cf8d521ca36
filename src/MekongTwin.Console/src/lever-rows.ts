import { cityMap } from './api'
import type { Lever, UncertainFigure } from './api'
import { h, replace } from './dom'
import { leverForms } from './levers'
import type { LeverField, LeverForm } from './levers'
import type { Scene } from './page'
import { t } from './text'

interface FieldInput {
  element: HTMLElement
  input: HTMLElement
  /** What goes into the scenario; undefined is left out. */
  value(): Lever[string] | undefined
  /** What a person reads of it. */
  words(): string
}

interface LeverRow {
  element: HTMLElement
  lever(): Lever
  words(): string
}

/** The changes of a scenario: rows that are added from a list and removed, as many of a kind as one likes. */
export class LeverRows {
  readonly element: HTMLElement
  private readonly rows: LeverRow[] = []
  private readonly list = h('ul', { class: 'lever-list', 'data-testid': 'levers' })
  private readonly kind = h('select', { 'data-testid': 'lever-kind' }, ...leverForms.map(form => h('option', { value: form.kind }, t(form.label))))
  private readonly button = h('button', { type: 'button', 'data-testid': 'lever-add', onclick: () => this.add() }, t('whatIf.add'))
  private readonly suggestions = { feeder: h('datalist', { id: 'what-if-feeder' }), below: h('datalist', { id: 'what-if-below' }) }
  private suggested = false

  constructor(private readonly scene: Scene) {
    this.element = h('div', {}, this.list,
      h('div', { class: 'lever-add' }, h('label', {}, h('span', {}, t('whatIf.change')), this.kind), this.button), this.suggestions.feeder, this.suggestions.below)
  }

  levers(): Lever[] {
    return this.rows.map(row => row.lever())
  }

  words(): string {
    return this.rows.map(row => row.words()).join(', ')
  }

  private add(): void {
    const form = leverForms.find(known => known.kind === this.kind.value)
    if (form === undefined) return
    const fields = form.fields.map(field => this.inputOf(form, field))
    const row: LeverRow = {
      element: h('li', { 'data-testid': `lever-${form.kind}` },
        h('fieldset', {}, h('legend', {}, t(form.label)), h('div', { class: 'study-fields' }, ...fields.map(field => field.element)),
          h('button', { type: 'button', 'data-testid': 'lever-remove', 'aria-label': `${t('whatIf.removeChange')}: ${t(form.label)}`, onclick: () => this.remove(row) }, t('whatIf.removeChange')))),
      lever() {
        const lever: Lever = { kind: form.kind }
        form.fields.forEach(({ name }, i) => {
          const value = fields[i]?.value()
          if (value !== undefined) lever[name] = value
        })
        return lever
      },
      words: () => `${t(form.label)} ${fields[0]?.words() ?? ''}`.trim(),
    }
    this.rows.push(row)
    this.list.append(row.element)
    fields[0]?.input.focus()
  }

  private remove(row: LeverRow): void {
    this.rows.splice(this.rows.indexOf(row), 1)
    row.element.remove()
    this.button.focus()
  }

  private inputOf(form: LeverForm, field: LeverField): FieldInput {
    const testId = `lever-${form.kind}-${field.name}`
    if (field.is === 'choice') {
      const select = h('select', { 'data-testid': testId }, ...field.choices.map(({ label }) => h('option', {}, t(label))))
      return { element: h('div', { class: 'study-wide' }, labelled(field, select)), input: select, value: () => field.choices[select.selectedIndex]?.value, words: () => select.value }
    }
    if (field.is === 'element') {
      const input = h('input', {
        list: field.suggests === 'none' ? undefined : `what-if-${field.suggests}`, required: field.optional !== true, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', maxlength: 200,
        placeholder: field.suggests === 'none' ? undefined : `${this.scene.city.id}/…`, 'data-testid': testId, onfocus: () => void this.suggest(),
      })
      return { element: h('div', { class: 'study-wide' }, labelled(field, input)), input, value: () => input.value.trim() || undefined, words: () => input.value.trim() }
    }
    return field.uncertain === true ? uncertainFigure(field, testId) : plainFigure(field, testId)
  }

  /** Ids that the city's map knows; without them a path can still be typed, and the server names what is near. */
  private async suggest(): Promise<void> {
    if (this.suggested) return
    this.suggested = true
    try {
      const { features } = await cityMap(this.scene.city.id)
      const options = (kinds: string[]) => features.filter(feature => kinds.includes(feature.properties.kind)).map(({ id, properties }) => h('option', { value: id }, properties.name ?? id))
      replace(this.suggestions.feeder, ...options(['feeder']))
      replace(this.suggestions.below, ...options(['district', 'feeder']))
    } catch {
      this.suggested = false
    }
  }
}

type NumberField = Extract<LeverField, { is: 'number' }>

function numberInput(field: NumberField, testId: string): HTMLInputElement {
  return h('input', { type: 'number', required: field.value !== undefined, min: field.min, max: field.max, step: field.step, value: field.value, 'data-testid': testId })
}

/** What the scenario has of an input; undefined when it is empty. */
function figureOf(field: NumberField, input: HTMLInputElement): number | undefined {
  return input.value === '' ? undefined : field.percent === true ? input.valueAsNumber / 100 : input.valueAsNumber
}

function plainFigure(field: NumberField, testId: string): FieldInput {
  const input = numberInput(field, testId)
  return { element: labelled(field, input, field.unit), input, value: () => figureOf(field, input), words: () => withUnit(input.value, field.unit) }
}

/** One figure, or low, likely and high when it is marked as uncertain; each must be no less than the one before. */
function uncertainFigure(field: NumberField, testId: string): FieldInput {
  const plain = plainFigure(field, testId)
  const parts = (['low', 'likely', 'high'] as const).map(name => {
    const input = numberInput(field, `${testId}-${name}`)
    input.required = true
    return { name, input, label: h('label', {}, h('span', {}, t(`whatIf.${name}`)), input) }
  })
  const inputs = parts.map(({ input }) => input)
  const three = h('fieldset', { class: 'study-three', disabled: true, hidden: true, oninput: () => bound() }, h('legend', {}, t(field.label), unitOf(field.unit)), ...parts.map(({ label }) => label))
  const single = plain.input as HTMLInputElement
  const uncertain = h('input', { type: 'checkbox', 'data-testid': `${testId}-uncertain`, onchange: () => change() })

  function change(): void {
    const [from, to] = uncertain.checked ? [[single], inputs] : [[inputs[1]!], [single]]
    for (const input of to) input.value = from[0]!.value
    single.disabled = plain.element.hidden = uncertain.checked
    three.disabled = three.hidden = !uncertain.checked
    bound()
  }

  function bound(): void {
    inputs.forEach((input, i) => { input.min = i === 0 || inputs[i - 1]!.value === '' ? String(field.min) : inputs[i - 1]!.value })
  }

  return {
    element: h('div', { class: 'study-uncertain' }, plain.element, three, h('label', { class: 'study-more' }, uncertain, ' ', t('whatIf.uncertain'))), input: plain.input,
    value: () => uncertain.checked ? Object.fromEntries(parts.map(({ name, input }) => [name, figureOf(field, input)])) as unknown as UncertainFigure : plain.value(),
    words: () => uncertain.checked ? withUnit(inputs.map(({ value }) => value).join('–'), field.unit) : plain.words(),
  }
}

function withUnit(number: string, unit = ''): string {
  return [number, unit].join('\u00a0').trim()
}

function unitOf(unit = ''): HTMLElement | null {
  return unit === '' ? null : h('span', { class: 'unit' }, ` (${unit})`)
}

function labelled(field: LeverField, input: HTMLElement, unit = ''): HTMLElement {
  return h('label', {}, h('span', {}, t(field.label), unitOf(unit)), input)
}
