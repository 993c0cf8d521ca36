import type { Percentiles, StudyPoint } from './api'
import { h, replace, setText, svg } from './dom'
import { decimal } from './numbers'
import type { Scene } from './page'
import { t } from './text'
import { ticksOf } from './windows'

const MarginPx = { top: 10, right: 12, bottom: 24, left: 54 }
const HeightPx = 280

type Side = 'baseline' | 'scenario'

/**
 * A day in steps of 15 minutes, MW: medians as lines, dashed for the baseline and whole for the scenario, each on its band from P10 to P90.
 * Pointer and arrow keys move a cursor; the read-out above says what stands under it, and is what a screen reader speaks.
 */
export class StudyChart {
  readonly element: HTMLElement
  private readonly readout = h('p', { class: 'readout' })
  private readonly frame: HTMLElement
  private readonly cursor = svg('line', { class: 'study-cursor', y1: MarginPx.top, y2: HeightPx - MarginPx.bottom })
  private readonly low: number
  private readonly high: number
  private readonly ticks: number[]
  private index: number

  constructor(private readonly points: StudyPoint[], private readonly scene: Scene, title: string) {
    this.frame = h('div', {
      class: 'curve-frame study-frame', tabindex: 0, role: 'slider', 'aria-label': `${title}. ${t('curve.keys')}`, 'aria-valuemin': 0, 'aria-valuemax': points.length - 1,
      'data-testid': 'study-chart',
      onkeydown: (event: KeyboardEvent) => this.onKey(event),
      onpointermove: (event: PointerEvent) => this.moveTo(this.indexAt(event)),
    })
    this.frame.style.height = `${HeightPx}px`
    this.element = h('div', { class: 'curve study-chart' },
      h('div', { class: 'curve-head' }, h('h4', {}, title),
        h('p', {}, h('span', { class: 'study-key study-key-baseline', 'aria-hidden': 'true' }), t('answer.baselineKey')),
        h('p', {}, h('span', { class: 'study-key study-key-scenario', 'aria-hidden': 'true' }), t('answer.scenarioKey'))),
      this.readout, this.frame)
    const values = points.flatMap(({ baseline, scenario }) => [baseline.p10, baseline.p90, scenario.p10, scenario.p90])
    this.ticks = ticksOf(Math.min(...values), Math.max(...values), 4)
    this.low = this.ticks[0] ?? 0
    this.high = this.ticks[this.ticks.length - 1] ?? 1
    // Where the scenario's median is highest is what a planner asks first.
    this.index = points.reduce((best, point, index) => point.scenario.p50 > (points[best]?.scenario.p50 ?? 0) ? index : best, 0)
    new ResizeObserver(() => this.draw()).observe(this.frame)
    this.describe()
  }

  private draw(): void {
    const width = this.frame.clientWidth
    if (width === 0 || this.points.length === 0) return
    replace(this.frame, svg('svg', { width, height: HeightPx, 'aria-hidden': 'true' },
      ...this.axisY(width), ...this.axisX(width),
      this.band('baseline'), this.band('scenario'),
      this.scene.simulated() ? svg('text', { class: 'watermark', x: (width + MarginPx.left) / 2, y: HeightPx - MarginPx.bottom - 14, 'text-anchor': 'middle' }, t('banner.simulated')) : null,
      this.median('baseline'), this.median('scenario'), this.cursor))
    this.showCursor()
  }

  private axisY(width: number): SVGElement[] {
    const decimals = this.ticks.some(tick => tick % 1 !== 0) ? 2 : 0
    return [
      ...this.ticks.flatMap(tick => [
        svg('line', { class: 'grid', x1: MarginPx.left, x2: width - MarginPx.right, y1: this.y(tick), y2: this.y(tick) }),
        svg('text', { class: 'axis', x: MarginPx.left - 7, y: this.y(tick) + 4, 'text-anchor': 'end' }, decimal(tick, decimals)),
      ]),
      svg('text', { class: 'axis unit', x: 0, y: HeightPx - 6 }, 'MW'),
    ]
  }

  private axisX(width: number): SVGElement[] {
    const stepsADay = this.points.length
    const everyHours = [2, 3, 4, 6].find(hours => 24 / hours * 52 <= width - MarginPx.left) ?? 12
    return Array.from({ length: 24 / everyHours + 1 }, (_, mark) => svg('text', {
      class: 'axis', x: this.x(mark * everyHours / 24 * stepsADay), y: HeightPx - 6, 'text-anchor': mark * everyHours === 24 ? 'end' : 'middle',
    }, `${String(mark * everyHours).padStart(2, '0')}:00`))
  }

  private band(side: Side): SVGElement {
    const upper = this.points.map((point, index) => `${this.x(index + 0.5)},${this.y(point[side].p90)}`)
    const lower = this.points.map((point, index) => `${this.x(index + 0.5)},${this.y(point[side].p10)}`).reverse()
    return svg('polygon', { class: `study-band study-band-${side}`, points: [...upper, ...lower].join(' ') })
  }

  private median(side: Side): SVGElement {
    return svg('polyline', { class: `study-median study-median-${side}`, points: this.points.map((point, index) => `${this.x(index + 0.5)},${this.y(point[side].p50)}`).join(' ') })
  }

  private showCursor(): void {
    const x = this.x(this.index + 0.5)
    this.cursor.setAttribute('x1', String(x))
    this.cursor.setAttribute('x2', String(x))
  }

  private describe(): void {
    const point = this.points[this.index]
    if (point === undefined) return setText(this.readout, t('curve.empty'))
    const start = Date.parse(`${point.time}Z`)
    const offset = this.scene.time.offsetText(start)
    const end = new Date(start + 900_000).toISOString().slice(11, 16)
    const text = (value: Percentiles) => `${decimal(value.p50, 1)}\u00a0MW (P10 ${decimal(value.p10, 1)} · P90 ${decimal(value.p90, 1)})`
    setText(this.readout, `${point.time.slice(11, 16)}–${end} ${offset} · ${t('answer.baseline')} ${text(point.baseline)} · ${t('answer.scenario')} ${text(point.scenario)}`)
    this.frame.setAttribute('aria-valuenow', String(this.index))
    this.frame.setAttribute('aria-valuetext', this.readout.textContent ?? '')
  }

  private onKey(event: KeyboardEvent): void {
    const next = { ArrowLeft: this.index - 1, ArrowRight: this.index + 1, Home: 0, End: this.points.length - 1 }[event.key]
    if (next === undefined) return
    this.moveTo(next)
    event.preventDefault()
  }

  private moveTo(index: number): void {
    this.index = Math.min(this.points.length - 1, Math.max(0, index))
    this.describe()
    this.showCursor()
  }

  private indexAt(event: MouseEvent): number {
    const x = event.clientX - this.frame.getBoundingClientRect().left
    return Math.floor((x - MarginPx.left) / (this.frame.clientWidth - MarginPx.left - MarginPx.right) * this.points.length)
  }

  private x(index: number): number {
    return MarginPx.left + index / this.points.length * (this.frame.clientWidth - MarginPx.left - MarginPx.right)
  }

  private y(value: number): number {
    return MarginPx.top + (HeightPx - MarginPx.top - MarginPx.bottom) * (this.high - value) / (this.high - this.low)
  }
}
