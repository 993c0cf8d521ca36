import { h, replace, setText, svg } from './dom'
import { quantityText, percent, decimal, factorBetween, unitText } from './numbers'
import { t } from './text'
import { WindowMs } from './city-time'
import type { CityTime } from './city-time'
import { runsOf, ticksOf } from './windows'
import type { CurveWindow } from './windows'

export interface CurveOptions {
  label: string
  unit: string
  decimals: number
  heightMinPx: number
  time: CityTime
  testId: string
  watermark?: string | undefined
  /** False where zero says nothing, as for a voltage: the axis then fits the values. */
  fromZero: boolean
  onPick?: (window: CurveWindow) => void
}

const MarginPx = { top: 10, right: 12, bottom: 24, left: 46 }
let patterns = 0

/**
 * Means of 15-minute windows as a stepped line. Gaps stay gaps: hatched, never bridged. Pointer and arrow
 * keys move a cursor; the read-out above the curve says what stands under it, and is what a screen reader speaks.
 */
export class Curve {
  readonly element: HTMLElement
  private readonly readout = h('p', { class: 'readout' })
  private readonly frame: HTMLElement
  private readonly cursor = svg('g', { class: 'cursor' })
  private readonly patternId = `gap-${++patterns}`
  private windows: CurveWindow[] = []
  private before: CurveWindow[] = []
  private unit: string
  private factor = 1
  private heightPx = 0
  private low = 0
  private high = 1
  private now = 0
  private index: number | null = null

  constructor(private readonly options: CurveOptions) {
    this.unit = options.unit
    this.frame = h('div', {
      class: 'curve-frame', tabindex: 0, role: 'slider', 'aria-label': `${options.label}. ${t('curve.keys')}`,
      'aria-valuemin': 0, 'aria-valuemax': 0, 'aria-valuenow': 0, 'data-testid': options.testId,
      onkeydown: (event: KeyboardEvent) => this.onKey(event),
      onpointermove: (event: PointerEvent) => this.moveTo(this.indexAt(event)),
      onpointerleave: () => this.moveTo(null),
      onblur: () => this.moveTo(null),
      onclick: (event: MouseEvent) => this.pick(this.indexAt(event)),
    })
    this.frame.style.minHeight = `${options.heightMinPx}px`
    this.element = h('div', { class: 'curve' }, this.readout, this.frame)
    new ResizeObserver(() => this.draw()).observe(this.frame)
  }

  /** @param before The same stretch a day earlier, window by window: drawn dashed behind. */
  show(windows: CurveWindow[], unit: string | undefined, now: number, before: CurveWindow[] = []): void {
    this.windows = windows
    this.before = before
    this.unit = unit ?? this.options.unit
    this.factor = this.factorFor(windows)
    this.now = now
    this.draw()
  }

  private draw(): void {
    const width = this.frame.clientWidth
    this.heightPx = this.frame.clientHeight
    if (width === 0 || this.windows.length === 0) return
    const ticks = this.ticks()
    this.low = ticks[0] ?? 0
    this.high = ticks[ticks.length - 1] ?? 1
    replace(this.frame, svg('svg', { width, height: this.heightPx, 'aria-hidden': 'true' },
      this.hatch(), ...this.gaps(), ...this.axisY(ticks, width), ...this.axisX(width),
      ...this.watermark(width), ...this.steps(this.before, 'before'), ...this.steps(this.windows, 'line'), this.cursor))
    this.showCursor()
  }

  private ticks(): number[] {
    const values = [...this.windows, ...this.before].map(window => this.scaled(window)).filter(value => value !== null)
    if (values.every(value => value === 0)) return [0, 1]
    if (this.options.fromZero) values.push(0)
    return ticksOf(Math.min(...values), Math.max(...values), this.heightPx > 160 ? 4 : 2)
  }

  private hatch(): SVGElement {
    return svg('defs', {}, svg('pattern', {
      id: this.patternId, width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)',
    }, svg('line', { class: 'hatch', x1: 0, y1: 0, x2: 0, y2: 6 })))
  }

  private gaps(): SVGElement[] {
    return this.windows.flatMap((window, index) => this.isGap(window)
      ? [svg('rect', {
          x: this.x(index), y: MarginPx.top, width: this.x(index + 1) - this.x(index), height: this.plotHeight(),
          fill: `url(#${this.patternId})`,
        })]
      : [])
  }

  private axisY(ticks: number[], width: number): SVGElement[] {
    const decimals = ticks.some(tick => tick % 1 !== 0) ? (ticks.some(tick => (tick * 10) % 1 !== 0) ? 2 : 1) : 0
    const lines = ticks.flatMap(tick => [
      svg('line', { class: 'grid', x1: MarginPx.left, x2: width - MarginPx.right, y1: this.y(tick), y2: this.y(tick) }),
      svg('text', { class: 'axis', x: MarginPx.left - 7, y: this.y(tick) + 4, 'text-anchor': 'end' }, decimal(tick, decimals)),
    ])
    const unit = unitText(this.shownUnit())
    return [...lines, svg('text', { class: 'axis unit', x: 0, y: this.heightPx - 6 }, unit)]
  }

  private axisX(width: number): SVGElement[] {
    const hours = (this.windows.length * WindowMs) / 3_600_000
    const every = [1, 2, 3, 4, 6, 12].find(step => hours / step * 52 <= width - MarginPx.left) ?? 24
    const marks: SVGElement[] = []
    for (let index = 0; index <= this.windows.length; index++) {
      const start = (this.windows[0]?.start ?? 0) + index * WindowMs
      const last = index === this.windows.length
      const [hour, minute] = this.options.time.hourMinute(start).split(':').map(Number)
      if (minute !== 0 || (hour ?? 0) % every !== 0) continue
      marks.push(svg('text', {
        class: 'axis', x: this.x(index), y: this.heightPx - 6, 'text-anchor': last ? 'end' : 'middle',
      }, last && hour === 0 ? '24:00' : this.options.time.hourMinute(start)))
    }
    return marks
  }

  private watermark(width: number): SVGElement[] {
    if (this.options.watermark === undefined) return []
    return [svg('text', {
      class: 'watermark', x: (width + MarginPx.left) / 2, y: MarginPx.top + this.plotHeight() / 2 + 8, 'text-anchor': 'middle',
    }, this.options.watermark)]
  }

  /** One path per run of windows with values; the run's area below it. */
  private steps(windows: readonly CurveWindow[], name: 'line' | 'before'): SVGElement[] {
    return runsOf(windows).flatMap(([from, to]) => {
      const line = windows.slice(from, to).map((window, offset) => {
        const y = this.y(this.scaled(window) ?? 0)
        return `${offset === 0 ? 'M' : 'L'}${this.x(from + offset)},${y}H${this.x(from + offset + 1)}`
      }).join('')
      const area = svg('path', { class: 'area', d: `${line}V${this.y(0)}H${this.x(from)}Z` })
      const path = svg('path', { class: name, d: line })
      return this.options.fromZero && name === 'line' ? [area, path] : [path]
    })
  }

  private showCursor(): void {
    const index = this.index ?? this.latestIndex()
    const window = index === null ? undefined : this.windows[index]
    this.describe(window)
    if (index === null || window === undefined) return replace(this.cursor)
    const x = (this.x(index) + this.x(index + 1)) / 2
    const value = this.scaled(window)
    replace(this.cursor,
      this.index === null ? null
        : svg('line', { x1: x, x2: x, y1: MarginPx.top, y2: MarginPx.top + this.plotHeight() }),
      value === null ? null : svg('circle', { cx: x, cy: this.y(value), r: 4 }))
    this.frame.setAttribute('aria-valuemax', String(this.windows.length - 1))
    this.frame.setAttribute('aria-valuenow', String(index))
    this.frame.setAttribute('aria-valuetext', this.readout.textContent ?? '')
  }

  private describe(window: CurveWindow | undefined): void {
    if (window === undefined) return setText(this.readout, t('curve.empty'))
    const parts = [
      this.options.time.span(window.start, window.start + WindowMs),
      window.value === null ? t('curve.gap')
        : quantityText({ value: window.value, unit: this.unit }, this.options.unit, this.options.decimals),
      window.value === null || window.coverage === undefined ? null : t('curve.coverage', { coverage: percent(window.coverage) }),
      window.value !== null && window.start + WindowMs > this.now ? t('curve.open') : null,
      this.beforeOf(window),
    ]
    setText(this.readout, parts.filter(part => part !== null).join(' · '))
  }

  private beforeOf(window: CurveWindow): string | null {
    const value = this.before[this.windows.indexOf(window)]?.value ?? null
    return value === null ? null : t('curve.before', { value: quantityText({ value, unit: this.unit }, this.options.unit, this.options.decimals) })
  }

  private onKey(event: KeyboardEvent): void {
    const at = this.index ?? this.latestIndex() ?? 0
    const last = Math.max(0, this.windows.findLastIndex(window => window.start < this.now))
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key]
    if (next !== undefined) this.moveTo(Math.min(last, Math.max(0, next)))
    else if (event.key === 'Enter' || event.key === ' ') this.pick(at)
    else return
    event.preventDefault()
  }

  private pick(index: number | null): void {
    const window = index === null ? undefined : this.windows[index]
    if (window !== undefined && window.start < this.now) this.options.onPick?.(window)
  }

  private moveTo(index: number | null): void {
    if (index === this.index) return
    this.index = index
    this.draw()
  }

  private indexAt(event: MouseEvent): number | null {
    const x = event.clientX - this.frame.getBoundingClientRect().left
    const share = (x - MarginPx.left) / (this.frame.clientWidth - MarginPx.left - MarginPx.right)
    const index = Math.floor(share * this.windows.length)
    const window = this.windows[index]
    return window === undefined || window.start >= this.now ? null : index
  }

  private latestIndex(): number | null {
    const index = this.windows.findLastIndex(window => window.value !== null)
    return index < 0 ? null : index
  }

  /** A window without a value is a gap once it is over; before that its readings may still come. */
  private isGap(window: CurveWindow): boolean {
    return window.value === null && window.start + WindowMs <= this.now
  }

  /** To the wanted unit; 1 where the two share no base, and for values that are all below one of it. */
  private factorFor(windows: CurveWindow[]): number {
    const factor = factorBetween(this.unit, this.options.unit) ?? 1
    const most = Math.max(0, ...windows.map(window => Math.abs(window.value ?? 0)))
    return most > 0 && factor < 1 && most * factor < 1 ? 1 : factor
  }

  private shownUnit(): string {
    return this.factor === 1 ? this.unit : this.options.unit
  }

  private scaled(window: CurveWindow): number | null {
    return window.value === null ? null : window.value * this.factor
  }

  private plotHeight(): number {
    return this.heightPx - MarginPx.top - MarginPx.bottom
  }

  private x(index: number): number {
    const width = this.frame.clientWidth - MarginPx.left - MarginPx.right
    return MarginPx.left + (index / this.windows.length) * width
  }

  private y(value: number): number {
    return MarginPx.top + this.plotHeight() * (this.high - value) / (this.high - this.low)
  }
}
