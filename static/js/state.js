// What lies on the desk: the article, one's own labels, where we are in it.
import { Article } from './offsets.js';
import { Words } from './labels.js';
import { $ } from './ui.js';

export const data = JSON.parse($('#page-data').textContent);
export const page = document.body, body = $('#art .body'), desk = $('.desk'), rail = $('#rail');
export const words = new Words(data), doc = new Article(body, data.pieces, data.excluded), prefs = { letters: true, pieces_first: true, ...data.preferences };
export const phone = matchMedia('(max-width: 759px)'), wide = matchMedia('(min-width: 1000px)');

export const quoteOf = x => doc.slice(x.start, x.end);
export const labels = new Map(data.labels.map(x => [x.id, { ...x, quote: quoteOf(x) }])), spans = () => [...labels.values()];
// cur: the sentence; sel: the marked words {start, end, edge}; active: id of the raised label; draft: a label not stored yet, or changes to one
// done, undone: steps to take back, {pairs: [[before, after]]} or a label that was left half filled in
export const at = { cur: null, sel: null, active: null, draft: null, byMouse: false, done: [], undone: [] };

export const back = () => at.cur?.el.focus({ preventScroll: true });
export const raised = () => labels.get(at.active);

// what Q steps through: the sentence and the quotations in it, that of a speaker first
export const choices = s => [[s.s, s.e], ...[...s.said, ...s.pieces].map(p => [p.start, p.end])]
  .filter(([a, b], i, all) => i === 1 || all.findIndex(c => c[0] === a && c[1] === b) === i);

// the quotation that most of the marked words lie in
export function piece() {
  const shared = p => Math.min(p.end, at.sel.end) - Math.max(p.start, at.sel.start);
  return [...at.cur?.pieces ?? []].sort((a, b) => shared(b) - shared(a))[0];
}
