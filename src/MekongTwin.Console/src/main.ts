import { cities, signIns } from './api'
import type { CitySummary } from './api'
import { h } from './dom'
import { failure, loading } from './notice'
import { CityPage } from './city-page'
import { hrefOf, idInAddress } from './page'
import { SignInDialog } from './sign-in'
import { preferredLanguage, rememberLanguage, t, useLanguage } from './text'
import type { Language } from './text'
import './styles/base.css'
import './styles/header.css'
import './styles/totals.css'
import './styles/map.css'
import './styles/tables.css'
import './styles/records.css'
import './styles/quality.css'
import './styles/panel.css'

const CityKey = 'mekongtwin.city'

let known: CitySummary[] = []
let page: CityPage | null = null
let dialog: SignInDialog

/** The city the address names, else the remembered one, else the first. */
function chosenCity(): CitySummary | undefined {
  const named = idInAddress()?.split('/')[0]
  const byId = (id: string | null | undefined) => known.find(city => city.id === id)
  return byId(named) ?? byId(localStorage.getItem(CityKey)) ?? known[0]
}

async function load(): Promise<void> {
  if (page === null) document.body.replaceChildren(h('main', { class: 'alone' }, loading()), dialog.element)
  try {
    known = await cities()
    build()
  } catch (error) {
    page?.close()
    page = null
    document.body.replaceChildren(h('main', { class: 'alone' }, h('h1', {}, t('app.title')), failure(error, () => void load())), dialog.element)
  }
}

function build(): void {
  page?.close()
  page = null
  const city = chosenCity()
  if (city === undefined) {
    document.body.replaceChildren(h('main', { class: 'alone' }, h('h1', {}, t('app.title')), h('p', { class: 'notice' }, t('state.noCities'))))
    return
  }
  page = new CityPage(city, known, {
    city: id => { location.hash = hrefOf(id) },
    language: next => void changeLanguage(next),
    signIn: () => dialog.open(),
  })
  document.title = `${city.name} · ${t('app.title')}`
  document.body.replaceChildren(...page.elements, dialog.element)
  page.route()
}

async function changeLanguage(next: Language): Promise<void> {
  rememberLanguage(next)
  await useLanguage(next)
  dialog = new SignInDialog()
  build()
  document.getElementById('language')?.focus()
}

addEventListener('hashchange', () => {
  const city = chosenCity()
  if (city === undefined || page === null) return
  if (city.id !== page.cityId) build()
  else page.route()
  localStorage.setItem(CityKey, city.id)
})

signIns.addEventListener('needed', () => dialog.offer())
signIns.addEventListener('changed', () => void load())

await useLanguage(preferredLanguage())
dialog = new SignInDialog()
await load()
