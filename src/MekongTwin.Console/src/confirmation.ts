import { h, replace, setText } from './dom'
import { failure } from './notice'
import { t } from './text'
import type { TextKey } from './text'

/** What cannot be undone is opened first, says what it does, and is then done with a second button. */
export function confirmation(testId: string, label: TextKey, role: TextKey, work: () => Promise<void>): { element: HTMLElement, say(text: string): void } {
  const help = h('p', {})
  const status = h('div', { role: 'status' })
  const button = h('button', { type: 'button', onclick: () => void run() }, t(label))
  async function run(): Promise<void> {
    button.disabled = true
    try {
      await work()
    } catch (error) {
      replace(status, failure(error))
    } finally {
      button.disabled = false
    }
  }
  return {
    element: h('details', { class: 'map', 'data-testid': testId }, h('summary', {}, `${t(label)}…`),
      help, button, h('p', { class: 'muted' }, t(role)), status),
    say: text => setText(help, text),
  }
}
