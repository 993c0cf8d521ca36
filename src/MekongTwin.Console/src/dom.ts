export type Child = Node | string | null | undefined | false
type Attribute = string | number | boolean | undefined | ((event: never) => void)
export type Attributes = Record<string, Attribute>

/** An HTML element. Attributes named on… with a function become listeners; true is an empty attribute, false none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children)
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener)
    else setAttribute(element, name, value)
  }
  element.append(...present(children))
  return element
}

function setAttribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? '' : String(value))
}

export function replace(element: Element, ...children: Child[]): void {
  element.replaceChildren(...present(children))
}

/** Leaves the node alone when the text is the same, so that selections survive and nothing is announced again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

function present(children: Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false)
}

export interface View<T> {
  element: Element
  show(item: T): void
}

/** Children that follow a list by key: an item keeps its element, and the element keeps its focus. */
export class KeyedList<T> {
  private views = new Map<string, View<T>>()

  constructor(
    private readonly parent: Element,
    private readonly keyOf: (item: T) => string,
    private readonly make: (item: T) => View<T>) {}

  show(items: readonly T[]): void {
    const focused = document.activeElement
    const next = new Map<string, View<T>>()
    for (const item of items) {
      const key = this.keyOf(item)
      const view = this.views.get(key) ?? this.make(item)
      view.show(item)
      next.set(key, view)
    }
    for (const [key, view] of this.views) if (!next.has(key)) view.element.remove()
    this.views = next
    this.arrange()
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.parent.contains(focused)) {
      focused.focus({ preventScroll: true })
    }
  }

  /** From the last to the first, so that whatever stands before the list, such as a table's head, stays there. */
  private arrange(): void {
    let next: Element | null = null
    for (const { element } of [...this.views.values()].reverse()) {
      if (element.parentElement !== this.parent || element.nextElementSibling !== next) this.parent.insertBefore(element, next)
      next = element
    }
  }
}

/** Does something once, when the element comes into sight; the answer calls it off. */
export function whenInSight(element: Element, act: () => void): () => void {
  const sight = new IntersectionObserver(entries => {
    if (!entries.some(entry => entry.isIntersecting)) return
    sight.disconnect()
    act()
  })
  sight.observe(element)
  return () => sight.disconnect()
}
