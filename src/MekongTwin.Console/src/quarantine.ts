import { mapToPoint, quarantine } from './api'
import type { QuarantineGroup } from './api'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { empty, failure, loading } from './notice'
import { count } from './numbers'
import { every } from './page'
import type { Scene, Section } from './page'
import { t, textOfCode } from './text'

const RefreshMs = 3_000

/** Groups of readings that found no point, each with a form that gives it one. */
export function quarantineSection(scene: Scene): Section {
  const rows = h('ul', { class: 'quarantine-list' })
  const list = new KeyedList<QuarantineGroup>(rows, group => String(group.id), group => groupView(scene, group, mapped))
  const status = h('div', {}, loading())
  const announcement = h('p', { role: 'status', class: 'muted', 'data-testid': 'quarantine-announcement' })

  async function load(): Promise<void> {
    try {
      const groups = await quarantine()
      list.show(groups)
      replace(status, groups.length === 0 ? empty(t('quarantine.empty')) : null)
    } catch (error) {
      replace(status, failure(error, () => void load()))
    }
  }

  /** Said by the section: the group and its form are gone by then. */
  async function mapped(): Promise<void> {
    setText(announcement, t('quarantine.done'))
    await load()
  }

  return {
    element: h('section', { id: 'quarantine', 'aria-labelledby': 'quarantine-title' },
      h('div', { class: 'section-head' }, h('h2', { id: 'quarantine-title' }, t('quarantine.title')), h('p', {}, t('quarantine.help'))),
      h('div', { class: 'card' }, announcement, status, rows)),
    close: every(RefreshMs, load),
  }
}

function groupView(scene: Scene, group: QuarantineGroup, mapped: () => Promise<void>): View<QuarantineGroup> {
  const number = h('dd', {})
  const last = h('dd', {})
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
        group.sample === undefined ? null : fact('quarantine.sample', h('dd', {}, h('code', {}, group.sample)))),
      mapForm(scene, group, mapped)),
    show(next) {
      setText(number, count(next.count))
      setText(last, scene.time.full(next.last))
    },
  }
}

function mapForm(scene: Scene, group: QuarantineGroup, mapped: () => Promise<void>): HTMLElement {
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
      await mapped()
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
