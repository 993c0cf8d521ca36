import { h, replace, setText } from './dom'
import { t } from './text'

const ShownFirst = 20

interface LongTableParts<T> {
  testId: string
  label: string
  heads: HTMLElement[]
  row(item: T): HTMLElement
  /** How many of them are shown, in words. */
  shownText(shown: number, of: number): string
}

/**
 * A table that begins with its first rows; the rest comes when it is asked for. On a narrow screen each row is a card whose cells say
 * their column, so roles are written out: a browser takes what is not laid out as a table for none.
 */
export class LongTable<T> {
  readonly element: HTMLElement
  private readonly body = h('tbody', { role: 'rowgroup' })
  private readonly shown: HTMLElement
  private readonly frame: HTMLElement
  private readonly more: HTMLElement
  private items: readonly T[] = []
  private all = false

  constructor(private readonly parts: LongTableParts<T>) {
    const { testId, label, heads } = parts
    this.shown = h('p', { class: 'muted', role: 'status', 'data-testid': `${testId}-shown` })
    this.frame = h('div', { class: 'table-frame', tabindex: 0, role: 'group', 'aria-label': label }, h('table', { class: 'compact', role: 'table', 'data-testid': testId }, h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads)), this.body))
    for (const head of heads) head.setAttribute('role', 'columnheader')
    this.more = h('button', { type: 'button', 'data-testid': `${testId}-all`, onclick: () => this.showAll() }, t('answer.showAll'))
    this.element = h('div', { class: 'long-table' }, this.shown, this.frame, this.more)
  }

  show(items: readonly T[]): void {
    this.items = items
    const rows = this.all ? items : items.slice(0, ShownFirst)
    replace(this.body, ...rows.map(item => this.labelled(this.parts.row(item))))
    this.frame.hidden = items.length === 0
    this.more.hidden = rows.length === items.length
    setText(this.shown, this.parts.shownText(rows.length, items.length))
  }

  private labelled(row: HTMLElement): HTMLElement {
    row.setAttribute('role', 'row')
    Array.from(row.children).forEach((cell, i) => {
      cell.setAttribute('role', i === 0 ? 'rowheader' : 'cell')
      cell.setAttribute('data-label', this.parts.heads[i]?.textContent ?? '')
    })
    return row
  }

  /** The button goes: whoever pressed it is taken to the rows. */
  private showAll(): void {
    this.all = true
    this.show(this.items)
    this.frame.focus({ preventScroll: true })
  }
}
