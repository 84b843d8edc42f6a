// The label bar: it shows a label that is being made or changed, and finds speakers. What is chosen it tells the page.
import { h, sign } from './render.js';
import { $, $$ } from './ui.js';

// A text field with a list under it. on: find(query), choose(id, how), more(query) -> words for a last entry, make(query), left()
export class Combo {
  constructor(input, list, on) {
    Object.assign(this, { input, list, on, picks: [], hot: -1, typed: '' });
    input.addEventListener('focus', () => this.show(''));
    input.addEventListener('input', () => this.show(input.value));
    input.addEventListener('blur', () => { this.hide(); on.left?.(); });
    input.addEventListener('keydown', e => this.key(e));
    list.addEventListener('mousedown', e => {
      e.preventDefault();
      const li = e.target.closest('li');
      if (li) this.take([...list.children].indexOf(li), 'picked');
    });
  }

  show(query) {
    const { list, on } = this;
    this.typed = query.trim();
    this.picks = on.find(query).map(p => ({ id: p.id, name: p.name, about: [p.kind, p.affiliation].filter(Boolean).join(' · ') }));
    const more = this.typed && on.more?.(this.typed);
    if (more) this.picks.push({ name: more, about: 'not in the registry yet' });
    this.hot = this.typed && this.picks.length ? 0 : -1;
    list.replaceChildren(...this.picks.map((p, i) => h('li', { role: 'option', id: `${list.id}-${i}` },
      h('kbd', { 'aria-hidden': 'true' }, this.typed || i > 8 ? '' : String(i + 1)), h('b', {}, p.name), h('span', {}, p.about))));
    list.hidden = !this.picks.length;
    this.input.setAttribute('aria-expanded', String(!list.hidden));
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((li, i) => li.setAttribute('aria-selected', String(i === this.hot)));
    if (this.hot < 0) this.input.removeAttribute('aria-activedescendant');
    else {
      this.input.setAttribute('aria-activedescendant', `${this.list.id}-${this.hot}`);
      this.list.children[this.hot].scrollIntoView({ block: 'nearest' });
    }
  }

  hide() {
    this.list.hidden = true;
    this.hot = -1;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }

  take(i, how) {
    const p = this.picks[i];
    if (!p) return;
    this.hide();
    if (p.id) this.on.choose(p.id, how); else this.on.make(this.typed);
  }

  key(e) {
    const n = this.picks.length, step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (e.isComposing) return;
    if (/^[1-9]$/.test(e.key) && !this.typed && this.picks[e.key - 1]) this.take(e.key - 1, 'picked');
    else if (step && n) { this.hot = this.hot < 0 && step < 0 ? n - 1 : (this.hot + step + n) % n; this.mark(); }
    else if (e.key === 'Enter') this.take(this.hot, 'typed');
    else if (e.key === 'Escape') { this.hide(); this.on.left?.(true); e.stopPropagation(); }
    else return;
    e.preventDefault();
  }
}

const bar = $('#bar'), spk = $('#spk'), err = $('#err'), other = $('#other');

// Show label `x` (made or changed) on the marked words. ctx: words, quote, guess (a proposed speaker's id), last (for "again")
export function fill(x, { words, quote, guess, last }) {
  const cps = Array.from(quote);
  $('#barq').textContent = cps.length > 90 ? `${cps.slice(0, 52).join('')} … ${cps.slice(-32).join('')}` : quote;
  $('#barmode').textContent = x.id ? 'Editing' : 'New label';
  if (document.activeElement !== spk) spk.value = x.speaker ? words.name(x.speaker) : '';
  spk.placeholder = guess ? `${words.name(guess)}?` : 'Who is speaking?';
  $('#confirm').hidden = !guess;
  $('#origin').textContent = x.speaker && x.speaker_origin === 'carried' && !x.id ? 'carried on' : '';
  for (const r of $$('[type=radio]', bar)) r.checked = x[r.name] === r.value;
  for (const b of $$('[data-cmd=flag]', bar)) b.setAttribute('aria-pressed', String(b.dataset.arg === 'on_target' ? !x.on_target : x[b.dataset.arg]));
  $('#save').hidden = $('#new').hidden = true;
  $('#drop').hidden = !x.id && !x.refused;
  $('#again').hidden = !!x.id || !last;
  if (last) $('#again span').textContent = [words.name(last.speaker), words.claim(last)].filter(Boolean).join(', ');
  if (document.activeElement !== $('#note')) $('#note').value = x.note;
  if (x.note) $('#more').hidden = false;
  fillChain(x.chain, words);
}
function fillChain(ids, words) {
  const box = $('#chain'), now = ids.join(' ');
  if (box.dataset.ids === now) return;                 // a click on a link must find it where it was
  box.dataset.ids = now;
  box.replaceChildren(...ids.map((id, i) => h('li', {}, words.name(id), i === ids.length - 1 ? h('small', {}, 'speaker of record')
    : h('button', { type: 'button', 'data-cmd': 'unchain', 'data-arg': i, 'aria-label': `Remove ${words.name(id)}` }, '×'))));
}

// Say in the bar what is wrong, and frame the field that is meant; no words: nothing is wrong.
export function trouble(field = '', message = '') {
  err.textContent = message;
  err.hidden = !message;
  for (const f of $$('[data-field]', bar)) f.classList.toggle('bad', !!message && f.dataset.field === field);
}

// Both versions of a label that was changed elsewhere; null takes them away.
export function showOther(theirs, words) {
  other.hidden = !theirs;
  if (!theirs) return;
  const st = words.stances.get(theirs.stance), choice = (cmd, text) => h('button', { type: 'button', class: 'btn quiet', 'data-cmd': cmd }, text);
  other.replaceChildren(h('span', {}, 'The other: ', st && !theirs.deleted && sign(st), h('b', {}, theirs.deleted ? 'deleted' : words.of(theirs))),
    choice('keep:mine', 'Keep mine'), choice('keep:other', 'Keep the other'));
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
export function place(desk, body, rects, floating, above) {
  if (bar.hidden || !rects.length) return;
  if (!floating) { bar.style.top = bar.style.left = ''; return; }
  const low = Math.max(...rects.map(r => r.bottom)), high = Math.min(...rects.map(r => r.top)), tall = bar.offsetHeight, d = desk.getBoundingClientRect();
  const below = !above || low + 12 + tall < innerHeight || high - tall - 12 < 60;
  bar.style.top = `${(below ? low + 12 : high - tall - 10) - d.top}px`;
  bar.style.left = `${body.getBoundingClientRect().left - d.left - 14}px`;
}

// the scheme's question for what is under the pointer or the focus
const ask = e => {
  const about = e.target.closest('[data-ask]');
  if (about) $('#ask').textContent = about.dataset.ask;
};
for (const type of ['mouseover', 'focusin']) bar.addEventListener(type, ask);
