import { Problem, signIn } from './api'
import { h, replace } from './dom'
import { failure } from './notice'
import { t } from './text'

export class SignInDialog {
  readonly element: HTMLDialogElement
  private readonly status = h('div', { role: 'status' })
  private readonly name = h('input', { name: 'name', required: true, autocomplete: 'username', maxlength: 100 })
  private readonly password = h('input', { name: 'password', type: 'password', required: true, autocomplete: 'current-password', maxlength: 200 })

  private dismissed = false

  constructor() {
    this.element = h('dialog', { class: 'sign-in', 'data-testid': 'sign-in', 'aria-labelledby': 'sign-in-title' },
      h('h2', { id: 'sign-in-title' }, t('session.title')), h('p', { class: 'muted' }, t('session.hint')),
      h('form', { onsubmit: (event: SubmitEvent) => void this.submit(event) },
        h('label', {}, t('session.name'), this.name), h('label', {}, t('session.password'), this.password), this.status,
        h('div', { class: 'actions' },
          h('button', { type: 'button', onclick: () => this.element.close() }, t('state.close')),
          h('button', { class: 'primary' }, t('session.signIn')))))
    this.element.addEventListener('close', () => { this.dismissed = true })
  }

  /** Opens because the server asked; once closed it stays so, however often the page asks again by itself. */
  offer(): void {
    if (!this.dismissed) this.open()
  }

  open(): void {
    if (this.element.open) return
    replace(this.status)
    this.element.showModal()
    this.name.focus()
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    try {
      await signIn(this.name.value, this.password.value)
      this.password.value = ''
      this.element.close()
    } catch (error) {
      const refused = error instanceof Problem && error.status === 401
      replace(this.status, failure(refused ? new Problem(401, t('session.failed'), '') : error))
    }
  }
}
