import type { BrokerState, Ledger, LedgerLine, LedgerSource, Split } from './api'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { shapeOf } from './marks'
import { empty, loading } from './notice'
import { bytes, count, milliseconds } from './numbers'
import type { Scene, Section } from './page'
import { t, textOfCode } from './text'

const outcomes = ['stored', 'duplicate', 'rejected', 'quarantined', 'pending'] as const
type Outcome = typeof outcomes[number]

/** received = stored + duplicate + rejected + quarantined + pending, in all and per source. */
export function ledgerSection(scene: Scene): Section {
  const equation = equationView()
  const gauges = [
    gauge('ledger.backlog', 'ledger-backlog', ledger => bytes(ledger.backlogBytes)),
    gauge('ledger.commit', 'ledger-commit', ledger => milliseconds(ledger.commitP99Ms)),
    gauge('ledger.lag', 'ledger-lag', ledger => milliseconds(ledger.lagP99Ms)),
    gauge('ledger.broker', 'ledger-broker', ({ broker }) => broker === undefined ? null : brokerText(broker)),
  ]
  const faults = h('p', { class: 'notice-error', role: 'alert', 'data-testid': 'ledger-faults', hidden: true })
  const table = h('table', { class: 'compact' }, h('thead', {}, h('tr', {},
    h('th', { scope: 'col' }, t('ledger.source')),
    ...(['received', ...outcomes] as const).map(name => h('th', { scope: 'col', class: 'numeric' }, t(`ledger.${name}`))),
    h('th', { scope: 'col' }, t('ledger.result')), h('th', { scope: 'col', class: 'numeric' }, t('ledger.lastSeen')))))
  const body = h('tbody', {})
  table.append(body)
  const list = new KeyedList<LedgerSource>(body, line => line.source, line => sourceRow(scene, line.source))
  const frame = h('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-labelledby': 'ledger-title', hidden: true }, table)
  const status = h('div', {}, loading())

  return {
    element: h('section', { id: 'ledger', 'aria-labelledby': 'ledger-title' },
      h('div', { class: 'section-head' }, h('h2', { id: 'ledger-title' }, t('ledger.title')), h('p', {}, t('ledger.help'))),
      h('div', { class: 'card' }, faults, equation.element, h('dl', { class: 'gauges' }, ...gauges.map(({ element }) => element)), frame, status)),
    showLedger(ledger) {
      const sources = ledger.sources ?? []
      equation.show(ledger.total)
      for (const { show } of gauges) show(ledger)
      faults.hidden = (ledger.faults ?? []).length === 0
      setText(faults, `${t('ledger.fault')}: ${(ledger.faults ?? []).join(' ')}`)
      list.show(sources)
      frame.hidden = sources.length === 0
      replace(status, (ledger.total.received ?? 0) > 0 ? null : empty(t('ledger.empty')))
    },
  }
}

function equationView(): View<LedgerLine> {
  const received = h('dd', { 'data-testid': 'ledger-received' })
  const terms = outcomes.map(outcome => ({
    outcome, number: h('span', { 'data-testid': `ledger-${outcome}` }), reasons: h('small', {}),
  }))
  const verdict = h('p', { class: 'verdict', 'data-testid': 'ledger-balance' })
  return {
    element: h('div', { class: 'equation' },
      h('dl', {},
        h('div', { class: 'term' }, h('dt', {}, t('ledger.received')), received),
        ...terms.map(({ outcome, number, reasons }, index) => h('div', { class: 'term' },
          h('dt', {}, h('span', { class: 'operator', 'aria-hidden': 'true' }, index === 0 ? '=' : '+'), t(`ledger.${outcome}`)),
          h('dd', {}, number, reasons)))),
      verdict),
    show(line) {
      setText(received, count(line.received ?? 0))
      for (const { outcome, number, reasons } of terms) {
        setText(number, count(sumOf(line[outcome])))
        setText(reasons, reasonsOf(line[outcome]))
      }
      showVerdict(verdict, line)
    },
  }
}

function sourceRow(scene: Scene, source: string): View<LedgerSource> {
  const received = h('td', { class: 'numeric' })
  const cells = outcomes.map(outcome => ({ outcome, number: h('span', {}), reasons: h('small', {}) }))
  const verdict = h('td', {})
  const lastSeen = h('td', { class: 'numeric muted' })
  return {
    element: h('tr', { 'data-testid': 'ledger-row', 'data-source': source }, h('th', { scope: 'row' }, source), received,
      ...cells.map(({ number, reasons }) => h('td', { class: 'numeric' }, number, reasons)), verdict, lastSeen),
    show(line) {
      setText(received, count(line.received ?? 0))
      for (const { outcome, number, reasons } of cells) {
        setText(number, count(sumOf(line[outcome])))
        setText(reasons, reasonsOf(line[outcome]))
      }
      showVerdict(verdict, line)
      setText(lastSeen, scene.time.clock(line.lastSeen, scene.now()))
    },
  }
}

function gauge(label: Parameters<typeof t>[0], testId: string, text: (ledger: Ledger) => string | null) {
  const value = h('dd', { 'data-testid': testId })
  const element = h('div', {}, h('dt', {}, t(label)), value)
  return {
    element,
    show(ledger: Ledger) {
      const shown = text(ledger)
      element.hidden = shown === null
      setText(value, shown ?? '')
    },
  }
}

function brokerText(broker: BrokerState): string {
  return broker.connected
    ? t('ledger.brokerUp', { count: count(broker.dropped ?? 0) })
    : t('ledger.brokerDown', { error: broker.lastError ?? '' })
}

/** The console adds up itself: a server that only claims to be balanced would be found out here. */
function showVerdict(element: HTMLElement, line: LedgerLine): void {
  const difference = (line.received ?? 0) - outcomes.reduce((sum, outcome: Outcome) => sum + sumOf(line[outcome]), 0)
  const balanced = difference === 0
  const text = balanced ? t('ledger.balanced') : t('ledger.difference', { difference: count(difference) })
  if (element.dataset['text'] === text) return
  element.dataset['text'] = text
  element.replaceChildren(h('span', { class: `mark ${balanced ? 'mark-good' : 'mark-less'}` }, shapeOf(balanced ? '●' : '▲'), ' ', text))
}

function sumOf(split: Split | undefined): number {
  if (split === undefined || typeof split === 'number') return split ?? 0
  return Object.values(split).reduce((sum, part) => sum + part, 0)
}

function reasonsOf(split: Split | undefined): string {
  if (split === undefined || typeof split === 'number') return ''
  return Object.entries(split).filter(([, part]) => part > 0)
    .map(([reason, part]) => `${textOfCode('reason', reason)} ${count(part)}`).join(' · ')
}
