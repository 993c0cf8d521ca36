import { removeStudy, studies, studyReport } from './api'
import type { Study } from './api'
import { confirmation } from './confirmation'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { shapeOf } from './marks'
import { empty, failure, loading } from './notice'
import { NoValue, percent } from './numbers'
import { every } from './page'
import type { Scene } from './page'
import { studyAnswer } from './study-answer'
import { showComparison } from './study-compare'
import { studyForm } from './study-form'
import { t } from './text'
import './styles/what-if.css'

const RefreshMs = 2_000

/** The server compares no more at once. */
const ComparedMax = 8

const looks: Record<Study['state'], { shape: string, mark: string }> = {
  waiting: { shape: '◌', mark: 'never' },
  running: { shape: '◐', mark: 'late' },
  done: { shape: '●', mark: 'good' },
  cancelled: { shape: '✕', mark: 'never' },
  failed: { shape: '▲', mark: 'less' },
}

/** A form that asks for a study, those asked for so far, and the answer of the one that is opened; returns the way to end it. */
export function showStudies(scene: Scene, body: HTMLElement): () => void {
  /** The study whose answer is shown as soon as it is done. */
  let awaited: string | null = null
  let opened: string | null = null
  const answer = h('div', { class: 'card study-answer', hidden: true, tabindex: -1, 'data-testid': 'study-answer' })
  const rows = h('ul', { class: 'study-list' })
  const list = new KeyedList<Study>(rows, study => study.id, study => studyView(scene, study, { open: id => void open(id), changed: load, pick }))
  let leaveAnswer = () => {}
  const picked = new Set<string>()
  const compare = h('button', { type: 'button', disabled: true, 'data-testid': 'compare', onclick: () => void openComparison() }, t('compare.button', { count: '0' }))
  const status = h('div', {}, loading())
  const announcement = h('p', { role: 'status', class: 'muted', 'data-testid': 'study-announcement' })
  const form = studyForm(scene, async study => {
    close()
    awaited = study.id
    await load()
  })

  async function load(): Promise<void> {
    try {
      const known = (await studies()).filter(study => study.city === scene.city.id)
      list.show(known)
      for (const id of picked) if (!known.some(study => study.id === id)) pick(id, false)
      compare.hidden = known.filter(study => study.state === 'done').length < 2
      replace(status, known.length === 0 ? empty(t('whatIf.none')) : null)
      follow(known)
    } catch (error) {
      const notice = failure(error)
      // The same problem is announced once.
      if (status.textContent !== notice.textContent) replace(status, notice)
    }
  }

  /** Says how the study that was just asked for ended, and shows its answer unless another has been opened meanwhile; the page stays where it is. */
  function follow(known: Study[]): void {
    if (opened !== null && !known.some(study => study.id === opened)) close()
    const study = known.find(other => other.id === awaited)
    if (study === undefined || study.state === 'waiting' || study.state === 'running') return
    awaited = null
    setText(announcement, `${study.name}: ${t(`study.${study.state}`)}`)
    if (study.state === 'done' && opened === null) void show(study.id)
  }

  async function open(id: string): Promise<void> {
    await show(id)
    goToAnswer()
  }

  function pick(id: string, chosen: boolean): void {
    if (chosen) picked.add(id)
    else picked.delete(id)
    compare.disabled = picked.size < 2 || picked.size > ComparedMax
    setText(compare, t('compare.button', { count: String(picked.size) }))
  }

  async function openComparison(): Promise<void> {
    leaveAnswer()
    opened = null
    answer.hidden = false
    await showComparison(scene, answer, [...picked], close)
    goToAnswer()
  }

  function goToAnswer(): void {
    answer.focus({ preventScroll: true })
    answer.scrollIntoView({ block: 'start' })
  }

  async function show(id: string): Promise<void> {
    leaveAnswer()
    opened = id
    answer.hidden = false
    replace(answer, loading())
    try {
      const report = await studyReport(id)
      if (opened !== id) return
      const shown = studyAnswer(scene, id, report, { close, branchAt: form.branchAt })
      leaveAnswer = shown.close
      replace(answer, ...shown.elements)
    } catch (error) {
      if (opened === id) replace(answer, failure(error, () => void open(id)))
    }
  }

  function close(): void {
    leaveAnswer()
    leaveAnswer = () => {}
    opened = null
    answer.hidden = true
    replace(answer)
  }

  replace(body,
    h('div', { class: 'card' }, h('h3', {}, t('whatIf.ask')), form.element),
    h('div', { class: 'card', 'data-testid': 'studies' }, h('h3', {}, t('whatIf.studies')), announcement, status, rows, compare),
    answer)
  const stop = every(RefreshMs, load)
  return () => {
    stop()
    close()
  }
}

interface Acts {
  open(id: string): void
  changed(): Promise<void>
  pick(id: string, chosen: boolean): void
}

function studyView(scene: Scene, study: Study, acts: Acts): View<Study> {
  const state = h('span', { class: 'mark', 'data-testid': 'study-state' })
  const bar = h('progress', { max: 1, 'aria-label': t('whatIf.progress') })
  const fault = h('p', { class: 'muted' })
  const status = h('div', { role: 'status' })
  const open = h('button', { type: 'button', 'data-testid': 'study-open', onclick: () => acts.open(study.id) }, t('whatIf.open'))
  const chosen = h('input', { type: 'checkbox', 'data-testid': 'study-pick', onchange: () => acts.pick(study.id, chosen.checked) })
  const picking = h('label', { class: 'study-more' }, chosen, ' ', t('compare.pick'))
  const stop = h('button', { type: 'button', 'data-testid': 'study-stop', onclick: () => void halt() }, t('whatIf.stop'))
  const remove = confirmation('study-remove', 'whatIf.remove', 'whatIf.role', async () => {
    await removeStudy(study.id)
    await acts.changed()
  })
  remove.say(t('whatIf.removeHelp'))

  async function halt(): Promise<void> {
    stop.disabled = true
    try {
      await removeStudy(study.id)
      replace(status)
      await acts.changed()
    } catch (error) {
      replace(status, failure(error))
      stop.disabled = false
    }
  }

  return {
    element: h('li', { 'data-testid': 'study-row' },
      h('div', { class: 'study-head' }, h('strong', {}, study.name), state, bar, picking, open, stop),
      h('p', { class: 'muted' }, t('whatIf.asked', { time: scene.time.full(study.asked), name: study.by ?? NoValue })), fault, status, remove.element),
    show(next) {
      const isUnderWay = next.state === 'waiting' || next.state === 'running'
      const look = looks[next.state]
      state.className = `mark mark-${look.mark}`
      replace(state, shapeOf(look.shape), ' ', next.screening === undefined ? t(`study.${next.state}`) : t('study.screening', { what: t(`screen.${next.screening}`) }),
        next.state === 'running' && next.screening === undefined ? ` ${percent(next.progress)}` : null)
      // How far a screening is nobody knows.
      if (next.screening === undefined) bar.value = next.progress ?? 0
      else bar.removeAttribute('value')
      bar.hidden = next.state !== 'running'
      open.hidden = next.state !== 'done'
      picking.hidden = next.state !== 'done'
      stop.hidden = !isUnderWay
      remove.element.hidden = isUnderWay
      setText(fault, next.fault ?? '')
      fault.hidden = next.fault === undefined
    },
  }
}
