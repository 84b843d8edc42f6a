// The label bar: it shows a label that is being made or changed, and finds speakers. What is chosen it tells the page.
import { h } from './labels.js';
import { at, body, desk, phone, prefs, quoteOf, words } from './state.js';
import { $, $$ } from './ui.js';

// A text field with a list under it. on: find(query), choose(id, how), more(query) -> words for a last entry, make(query), left(escaped)
export class Combo {
  constructor(input, list, on) {
    Object.assign(this, { input, list, on });
    input.addEventListener('focus', () => this.show(''));
    input.addEventListener('input', () => this.show(input.value.trim()));
    input.addEventListener('blur', () => { this.point(-1, true); on.left(); });
    input.addEventListener('keydown', e => { if (!e.isComposing && this.key(e.key)) { e.preventDefault(); e.stopPropagation(); } });
    list.addEventListener('mousedown', e => {
      e.preventDefault();
      this.take([...list.children].indexOf(e.target.closest('li')), 'picked');
    });
  }

  show(query) {
    const { list, on } = this, more = query && on.more?.(query);
    this.typed = query;
    this.picks = on.find(query).map(p => ({ id: p.id, name: p.name, about: [p.kind, p.affiliation].filter(Boolean).join(' · ') }));
    if (more) this.picks.push({ name: more, about: 'not in the registry yet' });
    list.replaceChildren(...this.picks.map((p, i) => h('li', { role: 'option', id: `${list.id}-${i}` },
      h('kbd', { 'aria-hidden': 'true' }, query ? '' : String(i + 1)), h('b', {}, p.name), h('span', {}, p.about))));
    this.point(query ? 0 : -1, !this.picks.length);
  }

  point(i, hidden) {
    const { input, list } = this;
    this.hot = i;
    list.hidden = hidden;
    input.setAttribute('aria-expanded', String(!hidden));
    [...list.children].forEach((li, n) => li.setAttribute('aria-selected', String(n === i)));
    input.setAttribute('aria-activedescendant', list.children[i]?.id ?? '');
    if (!hidden) list.children[i]?.scrollIntoView({ block: 'nearest' });
  }

  take(i, how) {
    const p = this.picks[i];
    if (!p) return;
    this.point(-1, true);
    if (p.id) this.on.choose(p.id, how); else this.on.make(this.typed);
  }

  key(key) {
    const n = this.picks.length, step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (/^[1-9]$/.test(key) && !this.typed && this.picks[key - 1]) this.take(key - 1, 'picked');
    else if (step && n) this.point(this.hot < 0 && step < 0 ? n - 1 : (this.hot + step + n) % n, false);
    else if (key === 'Enter') this.take(this.hot, 'typed');
    else if (key === 'Escape') this.on.left(true);
    else return false;
    return true;
  }
}

export const bar = $('#bar');
const spk = $('#spk'), note = $('#note'), other = $('#other');

// Show label `x`, made or changed. guess: a proposed speaker's id; last: the label for "again"
export function fill(x, guess, last) {
  $('#barq').textContent = quoteOf(at.sel);
  $('#barmode').textContent = x.id ? 'Editing' : 'New label';
  if (document.activeElement !== spk) spk.value = x.speaker && words.name(x.speaker);
  spk.placeholder = guess ? `${words.name(guess)}?` : 'Who is speaking?';
  $('#confirm').hidden = !guess;
  $('#origin').textContent = x.speaker && x.speaker_origin === 'carried' && !x.id ? 'carried on' : '';
  for (const r of $$('[type=radio]', bar)) r.checked = x[r.name] === r.value;
  for (const b of $$('[aria-pressed]', bar)) b.setAttribute('aria-pressed', String(b.dataset.arg === 'on_target' ? !x.on_target : x[b.dataset.arg]));
  $('#rule').textContent = $('#rule').dataset[words.speakers.get(x.speaker)?.kind] ?? '';
  $('#save').hidden = $('#new').hidden = true;
  $('#drop').hidden = !x.id && !x.refused;
  $('#drop').textContent = x.refused ? 'Drop' : 'Delete';
  $('#again').hidden = !!x.id || !last;
  if (last) $('#again span').textContent = words.of(last);
  if (document.activeElement !== note) note.value = x.note;
  if (x.note) $('#more').hidden = false;
  fillChain($('#chain'), x.chain);
}
function fillChain(box, ids) {
  if (box.dataset.ids === ids.join()) return;         // a click on a link must find it where it was
  box.dataset.ids = ids.join();
  box.replaceChildren(...ids.map((id, i) => h('li', {}, words.name(id), ids[i + 1] ? h('button', { type: 'button', 'data-cmd': 'unchain', 'data-arg': i, 'aria-label': `Remove ${words.name(id)}` }, '×')
    : h('small', {}, 'speaker of record'))));
}

// Say in the bar what is wrong, and frame the field that is meant; no words: nothing is wrong.
export function trouble(field, message = '') {
  $('#err').textContent = message;
  $('#err').hidden = !message;
  for (const f of $$('[data-field]', bar)) f.classList.toggle('bad', f.dataset.field === field);
}

// What a label became elsewhere, to choose between it and one's own; nothing takes it away.
export function showOther(theirs) {
  other.hidden = !theirs;
  if (theirs) $('b', other).textContent = theirs.deleted ? 'deleted' : words.of(theirs);
}

// Somebody who is not in the registry: kind and affiliation are asked for in place.
export function askNew(name) {
  $('#newname').textContent = name;
  $('#newof').value = '';
  $('#new').hidden = false;
  $('#newkind').focus();
}
export const newSpeaker = () => ({ name: $('#newname').textContent, kind: $('#newkind').value, affiliation: $('#newof').value.trim() });

// Under the marked words, or above where there is no room; docked and on phones the style sheet places it.
export function place(rects) {
  bar.style.top = bar.style.left = '';
  if (bar.hidden || !rects.length || phone.matches || prefs.docked) return;
  const low = rects.at(-1).bottom, high = rects[0].top, tall = bar.offsetHeight, d = desk.getBoundingClientRect();
  const over = low + 18 + tall - innerHeight, below = over < 0 || !at.byMouse || high - tall - 12 < 60;
  bar.style.top = `${(below ? low + 12 : high - tall - 10) - d.top}px`;
  bar.style.left = `${body.getBoundingClientRect().left - d.left - 14}px`;
  if (below && over > 0) scrollBy(0, over);
}

// the scheme's question for what is under the pointer or the focus
for (const type of ['mouseover', 'focusin']) {
  bar.addEventListener(type, e => {
    const about = e.target.closest('[data-ask]');
    if (about) $('#ask').textContent = about.dataset.ask;
  });
}
