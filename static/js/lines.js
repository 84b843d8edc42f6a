// The article with every annotator's line above the words, what is settled below them, and the words in question.
import { byPlace, h, nest, touching } from './labels.js';

const LANES = 12;       // as many as the style sheet has; further annotators share the last one

// the labels of all clusters as lines, each annotator in a lane of their own: A at the top
function linesOf(clusters, words) {
  const lines = clusters.flatMap((c, n) => c.labels_full.map((x, rank) => ({ ...x, n, rank, lane: Math.min(x.lane, LANES - 1), look: words.look(x) }))).sort((a, b) => a.lane - b.lane || byPlace(a, b));
  for (const x of lines) x.also = touching(lines, x.start, x.end).some(o => o.lane === x.lane && byPlace(o, x) < 0);
  return lines;
}

// golds: {start, end, n, look} of what is settled
export function drawing(doc, clusters, golds, words) {
  return { doc, lines: linesOf(clusters, words), golds: [...golds].sort(byPlace) };
}

function element(x, first, last) {
  const starts = first ? ' first' : '';
  if (x.annotator) return h('span', { class: `ln k${x.lane} r${Math.min(x.rank, LANES - 1)} ${x.look}${x.also ? ' also' : ''}${starts}`, 'data-n': x.n, 'data-l': x.annotator });
  if (x.edge !== undefined) return h('span', { class: `now edge-${x.edge || 'none'}${first ? ' from' : ''}${last ? ' to' : ''}` });
  return h('mark', { class: `${x.look} l0${starts}`, 'data-n': x.n });
}

// Draw these sentences anew; `now`: the words in question {start, end, edge}, or null
export function paintLines({ doc, lines, golds }, sents, now, told) {
  for (const s of sents) {
    const here = list => touching(list, s.s, s.tail);
    const on = [...here(now ? [now] : []), ...here(lines).sort((a, b) => a.lane - b.lane || byPlace(a, b)), ...here(golds).sort(byPlace)];
    nest(s, doc, on, element);
    const about = told(new Set(on.map(x => x.n)));
    if (about) s.el.setAttribute('aria-description', about); else s.el.removeAttribute('aria-description');
  }
}
