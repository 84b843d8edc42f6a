// Which labels are shown. Only what is drawn depends on it: saving, undo and finishing know all labels.
import { h } from './labels.js';
import { labels, spans, words } from './state.js';
import { $, $$ } from './ui.js';

export const sieve = $('#filter'), kept = new Set();      // kept: what was made, changed or opened since the choice stays in sight
const fields = $$('select', sieve), [speaker] = fields, by = $('#by');
let chosen = [];

export function pick() {
  kept.clear();
  chosen = fields.filter(f => f.value);
}
export const filtering = () => chosen.length > 0;
export const shows = x => kept.has(x.id) || chosen.every(f => String(x[f.name]) === f.value);
export const seen = () => spans().filter(shows);

// show the fields, or put them away where nothing is chosen
export function unfold() {
  by.hidden = !by.hidden && !filtering();
  $('[aria-expanded]', sieve).setAttribute('aria-expanded', !by.hidden);
}

// how many are shown, and the speakers to choose from: those of one's labels
export function tell() {
  const n = seen().length, was = speaker.value;
  sieve.hidden = !labels.size && !filtering();
  $('#few').textContent = !filtering() ? '' : n ? `${n} of ${labels.size} shown` : 'No label fits';
  $('[data-cmd=unfilter]').hidden = !filtering();
  if (by.hidden || sieve.contains(document.activeElement)) return;
  const ids = [...new Set([...spans().map(x => x.speaker), was].filter(Boolean))].map(id => [words.name(id), id]).sort();
  speaker.replaceChildren(speaker[0], ...ids.map(([name, value]) => h('option', { value }, name)));
  speaker.value = was;
}
