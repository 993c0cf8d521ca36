import type { District, Figure } from './api'
import { districtDetail } from './district-detail'
import { h, KeyedList, replace, setText } from './dom'
import type { View } from './dom'
import { listedNote } from './listed'
import { bandMark } from './marks'
import { empty, loading } from './notice'
import { count, quantity, quantityText, NoValue } from './numbers'
import { hrefOf } from './page'
import type { Scene, Section } from './page'
import { t, textOfCode } from './text'
import type { TextKey } from './text'

interface Column {
  key: string
  label: TextKey
  unit: string
  value(district: District): number | null
}

const figureValue = (figure: Figure | undefined) => figure?.value ?? null

const columns: Column[] = [
  { key: 'demand', label: 'districts.demand', unit: 'kW', value: district => figureValue(district.figures?.demand) },
  { key: 'perPerson', label: 'districts.perPerson', unit: 'W', value: district => figureValue(district.figures?.demandPerPerson) },
  { key: 'perArea', label: 'districts.perArea', unit: 'kW/km²', value: district => figureValue(district.figures?.demandPerArea) },
  { key: 'meters', label: 'districts.meters', unit: '', value: district => share(district) },
  { key: 'loading', label: 'districts.loading', unit: '%', value: district => figureValue(district.figures?.maxLoading) },
  { key: 'tti', label: 'districts.travelTimeIndex', unit: '', value: district => figureValue(district.figures?.travelTimeIndex) },
]

function share(district: District): number | null {
  return district.meters === undefined || district.meters.total === 0 ? null : district.meters.reporting / district.meters.total
}

/** Above its rating a transformer ages; the mark says so in a shape as well. */
const LoadingHighPercent = 100
const NameKey = 'name'

export function districtsSection(scene: Scene): Section & { open(districtId: string): boolean } {
  let sortKey = 'demand'
  let descending = true
  let districts: District[] = []
  const rows = new Map<string, ReturnType<typeof districtRow>>()

  const headings = [{ key: NameKey, label: 'districts.name' as TextKey, unit: '' }, ...columns].map(({ key, label, unit }) => {
    const cell = h('th', { scope: 'col', class: key === NameKey ? 'name' : 'numeric' },
      h('button', { type: 'button', class: 'sort', 'data-testid': `sort-${key}`, onclick: () => sortBy(key) },
        h('span', {}, t(label), unit === '' ? null : h('span', { class: 'unit' }, ` ${unit}`)),
        h('span', { class: 'arrow', 'aria-hidden': 'true' })))
    return { key, cell }
  })
  const table = h('table', { class: 'districts-table', hidden: true }, h('thead', {}, h('tr', {}, ...headings.map(({ cell }) => cell))))
  const status = h('div', {}, loading())
  const geography = h('span', { 'data-testid': 'geography' })
  const list = new KeyedList<District>(table, district => district.id, district => {
    const row = districtRow(scene, district)
    rows.set(district.id, row)
    return row
  })

  function sortBy(key: string): void {
    descending = key === sortKey ? !descending : key !== NameKey
    sortKey = key
    show()
  }

  function show(): void {
    for (const { key, cell } of headings) {
      cell.setAttribute('aria-sort', key !== sortKey ? 'none' : descending ? 'descending' : 'ascending')
    }
    list.show([...districts].sort(order))
    replace(status, districts.length > 0 ? null : empty(t('districts.empty')))
    table.hidden = districts.length === 0
  }

  /** Districts without the figure come last either way. */
  function order(a: District, b: District): number {
    const direction = descending ? -1 : 1
    if (sortKey === NameKey) return direction * a.name.localeCompare(b.name, scene.city.country === 'VN' ? 'vi' : undefined)
    const column = columns.find(({ key }) => key === sortKey)
    const [left, right] = [column?.value(a) ?? null, column?.value(b) ?? null]
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1
    return direction * (left - right)
  }

  const listed = listedNote(scene.city, 'list')

  return {
    element: h('section', { id: 'districts', 'aria-labelledby': 'districts-title' },
      h('div', { class: 'section-head' }, h('h2', { id: 'districts-title' }, t('districts.title')), h('p', {}, t('districts.help'), ' ', geography)),
      h('div', { class: 'card table-frame', tabindex: 0, role: 'region', 'aria-labelledby': 'districts-title' }, table, status),
      listed === '' ? null : h('p', { class: 'muted', 'data-testid': 'districts-listed' }, listed)),
    showCity(state) {
      districts = state.districts ?? []
      setText(geography, state.geography ? `· ${textOfCode('geography', state.geography)}` : '')
      show()
    },
    open(districtId) {
      const row = rows.get(districtId)
      row?.open()
      return row !== undefined
    },
    close() {
      for (const row of rows.values()) row.close()
    },
  }
}

/** One body of the table: the row, and below it the detail while it is open. */
function districtRow(scene: Scene, district: District): View<District> & { open(): void, close(): void } {
  let detail: { element: HTMLElement, close(): void } | null = null
  const detailCell = h('td', { colspan: columns.length + 1 })
  const detailRow = h('tr', { class: 'detail', hidden: true }, detailCell)
  const toggle = h('button', { type: 'button', class: 'disclose', 'aria-expanded': 'false', onclick: () => setOpen(detail === null) },
    h('span', { class: 'chevron', 'aria-hidden': 'true' }, '▸'), h('span', {}, district.name))
  const cells = columns.map(({ key }) => h('td', { class: `numeric column-${key}` }))
  const row = h('tr', { 'data-testid': 'district-row', 'data-district': district.id },
    h('th', { scope: 'row', class: 'name' }, toggle), ...cells)

  function setOpen(open: boolean): void {
    toggle.setAttribute('aria-expanded', String(open))
    detailRow.hidden = !open
    detail?.close()
    detail = open ? districtDetail(scene, district) : null
    replace(detailCell, detail?.element)
  }

  function show(next: District): void {
    const figures = next.figures ?? {}
    const [demand, perPerson, perArea, meters, loading, travelTimeIndex] = cells
    setText(demand!, quantity(figures.demand, 'kW', 0).number)
    setText(perPerson!, quantity(figures.demandPerPerson, 'W', 0).number)
    setText(perArea!, quantity(figures.demandPerArea, 'kW/km2', 0).number)
    setText(meters!, next.meters === undefined ? NoValue : `${count(next.meters.reporting)} / ${count(next.meters.total)}`)
    showLoading(loading!, figures.maxLoading)
    const index = figures.travelTimeIndex?.value
    replace(travelTimeIndex!, quantity(figures.travelTimeIndex, '1', 2).number, index == null ? null : bandMark(index))
  }

  return {
    element: h('tbody', {}, row, detailRow),
    show,
    open() {
      if (detail === null) setOpen(true)
      row.scrollIntoView({ block: 'center' })
    },
    close() { detail?.close() },
  }
}

function showLoading(cell: Element, figure: Figure | undefined): void {
  const high = (figure?.value ?? 0) > LoadingHighPercent
  const text = quantityText(figure, '%', 1)
  const name = figure?.asset?.split('/').slice(2).join('/') ?? ''
  const known = cell.querySelector('a')
  if (known !== null && known.dataset['asset'] === figure?.asset) {
    setText(cell.firstElementChild!, `${high ? '▲ ' : ''}${text}`)
    return
  }
  replace(cell, h('span', {}, `${high ? '▲ ' : ''}${text}`),
    figure?.asset === undefined ? null : h('a', { href: hrefOf(figure.asset), 'data-asset': figure.asset }, name))
}
