import { discard, mapToPoint, mappings, quarantine, removeMapping } from './api'
import type { Mapping, QuarantineGroup } from './api'
import { confirmation } from './confirmation'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { empty, failure, loading } from './notice'
import { count } from './numbers'
import { every } from './page'
import type { Scene, Section } from './page'
import { t, textOfCode } from './text'
import type { TextKey } from './text'

const RefreshMs = 3_000

/** Kinds of readings that found no place, each with a form that gives it a point or throws it away; and the mappings made so far. */
export function quarantineSection(scene: Scene): Section {
  const rows = h('ul', { class: 'quarantine-list' })
  const list = new KeyedList<QuarantineGroup>(rows, group => String(group.id), group => groupView(scene, group, changed))
  const madeRows = h('ul', { class: 'quarantine-list' })
  const made = new KeyedList<Mapping>(madeRows, mapping => `${mapping.topic}\n${mapping.name}`, mapping => mappingView(mapping, changed))
  const madeSection = h('div', { class: 'card', hidden: true, 'data-testid': 'mappings' },
    h('h3', {}, t('mappings.title')), h('p', { class: 'muted' }, t('mappings.help')), madeRows)
  const status = h('div', {}, loading())
  const announcement = h('p', { role: 'status', class: 'muted', 'data-testid': 'quarantine-announcement' })

  async function load(): Promise<void> {
    try {
      const [groups, known] = await Promise.all([quarantine(), mappings()])
      list.show(groups)
      made.show(known)
      madeSection.hidden = known.length === 0
      replace(status, groups.length === 0 ? empty(t('quarantine.empty')) : null)
    } catch (error) {
      replace(status, failure(error, () => void load()))
    }
  }

  /** Said by the section: the group and its form are gone by then. */
  async function changed(text: TextKey): Promise<void> {
    setText(announcement, t(text))
    await load()
  }

  return {
    element: h('section', { id: 'quarantine', 'aria-labelledby': 'quarantine-title' },
      h('div', { class: 'section-head' }, h('h2', { id: 'quarantine-title' }, t('quarantine.title')), h('p', {}, t('quarantine.help'))),
      h('div', { class: 'card' }, announcement, status, rows), madeSection),
    close: every(RefreshMs, load),
  }
}

type Changed = (text: TextKey) => Promise<void>

function groupView(scene: Scene, group: QuarantineGroup, changed: Changed): View<QuarantineGroup> {
  const number = h('dd', {})
  const last = h('dd', {})
  const sample = h('code', {})
  const dated = h('dd', { 'data-testid': 'quarantine-dated' })
  const confirm = confirmation('quarantine-discard', 'quarantine.discard', 'quarantine.role', async () => {
    await discard(group.id)
    await changed('quarantine.discarded')
  })
  const fact = (label: Parameters<typeof t>[0], value: Node) => h('div', {}, h('dt', {}, t(label)), value)
  return {
    element: h('li', { 'data-testid': 'quarantine-row' },
      h('div', { class: 'quarantine-head' },
        h('span', { class: 'tag' }, textOfCode('reason', group.reason)),
        h('span', { class: 'visually-hidden' }, `${t('quarantine.topic')}: `),
        h('code', {}, group.topic ?? '', group.name ? ` ${group.name}` : null)),
      h('dl', { class: 'facts' },
        fact('quarantine.count', number),
        fact('quarantine.source', h('dd', {}, group.source ?? '')),
        fact('quarantine.first', h('dd', {}, scene.time.full(group.first))),
        fact('quarantine.last', last),
        fact('quarantine.sample', h('dd', {}, sample)),
        group.sampleTime === undefined ? null : fact('quarantine.dated', dated)),
      group.mappable === false ? null : mapForm(scene, group, changed), confirm.element),
    show(next) {
      setText(number, count(next.count))
      setText(last, scene.time.full(next.last))
      setText(sample, next.sample ?? '')
      setText(dated, scene.time.full(next.sampleTime))
      confirm.say(t('quarantine.discardHelp', { count: count(next.count) }))
    },
  }
}

function mapForm(scene: Scene, group: QuarantineGroup, changed: Changed): HTMLElement {
  const text = (name: string, placeholder: string) =>
    h('input', { name, required: true, placeholder, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', maxlength: 200 })
  const assetPath = text('asset', `${scene.city.id}/…`)
  const metric = text('metric', 'P')
  const status = h('div', { role: 'status' })
  const button = h('button', { class: 'primary' }, t('quarantine.submit'))

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    button.disabled = true
    try {
      await mapToPoint(group.id, assetPath.value.trim(), metric.value.trim())
      replace(status)
      await changed('quarantine.done')
    } catch (error) {
      replace(status, failure(error))
    } finally {
      button.disabled = false
    }
  }

  return h('details', { class: 'map' }, h('summary', {}, t('quarantine.map')),
    h('form', { onsubmit: submit, 'data-testid': 'quarantine-form' },
      h('label', {}, t('quarantine.asset'), assetPath), h('label', {}, t('quarantine.metric'), metric), button,
      h('p', { class: 'muted' }, t('quarantine.role')), status))
}

function mappingView(mapping: Mapping, changed: Changed): View<Mapping> {
  const target = h('code', {})
  const confirm = confirmation('mapping-remove', 'mappings.remove', 'quarantine.role', async () => {
    await removeMapping(mapping)
    await changed('mappings.removed')
  })
  confirm.say(t('mappings.removeHelp'))
  return {
    element: h('li', { 'data-testid': 'mapping-row' },
      h('div', { class: 'quarantine-head' }, h('code', {}, mapping.topic, mapping.name ? ` ${mapping.name}` : null), '→', target),
      confirm.element),
    show(next) {
      setText(target, `${next.asset} ${next.metric}`)
    },
  }
}
