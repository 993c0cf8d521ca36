import { Problem } from './api'
import { h } from './dom'
import { t } from './text'

export function loading(): HTMLElement {
  return h('p', { class: 'notice', role: 'status' }, t('state.loading'))
}

export function empty(text: string): HTMLElement {
  return h('p', { class: 'notice', 'data-testid': 'empty' }, text)
}

/** What went wrong, in the server's words, and a way to try again. */
export function failure(error: unknown, retry?: () => void): HTMLElement {
  const [title, detail] = wordsOf(error)
  return h('div', { class: 'notice notice-error', role: 'alert', 'data-testid': 'error' },
    h('strong', {}, title), detail === '' ? null : h('p', {}, detail),
    retry === undefined ? null : h('button', { type: 'button', onclick: retry }, t('state.retry')))
}

function wordsOf(error: unknown): [string, string] {
  if (!(error instanceof Problem)) return [t('state.unreachable'), String(error)]
  if (error.status === 0) return [t('state.unreachable'), t('state.unreachableHelp')]
  return [error.title, error.detail]
}
