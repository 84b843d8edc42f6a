// The label bar: it shows a label that is being made or changed. What is chosen it tells the page.
import { drawChain } from './labels.js';
import { at, desk, phone, prefs, quoteOf, words } from './state.js';
import { $, $$ } from './ui.js';

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
  for (const b of $$('[aria-pressed]', bar)) b.setAttribute('aria-pressed', b.dataset.arg === 'on_target' ? !x.on_target : x[b.dataset.arg]);
  $('#rule').textContent = $('#rule').dataset[words.speakers.get(x.speaker)?.kind] ?? '';
  $('#save').hidden = $('#new').hidden = true;
  $('#drop').hidden = !x.id && !x.refused;
  $('#drop').textContent = x.refused ? 'Drop' : 'Delete';
  $('#again').hidden = !!x.id || !last;
  if (last) $('#again span').textContent = words.of(last);
  if (document.activeElement !== note) note.value = x.note;
  if (x.note) $('#more').hidden = false;
  drawChain($('#chain'), x.chain, words);
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
  if (!rects[0] || phone.matches || prefs.docked) return;
  const low = rects.at(-1).bottom, high = rects[0].top, tall = bar.offsetHeight, over = low + 18 + tall - innerHeight, below = over < 0 || !at.byMouse || high - tall - 12 < 60;
  bar.style.top = `${(below ? low + 12 : high - tall - 10) - desk.getBoundingClientRect().top}px`;
  if (below && over > 0) scrollBy(0, over);
}

// the scheme's question for what is under the pointer or the focus
for (const type of ['mouseover', 'focusin']) {
  bar.addEventListener(type, e => {
    const about = e.target.closest('[data-ask]');
    if (about) $('#ask').textContent = about.dataset.ask;
  });
}
