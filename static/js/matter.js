// What is to be decided: the clusters of labels, what became of them, and where we are.
import { Article } from './offsets.js';
import { Words, missing } from './labels.js';
import { $ } from './ui.js';

export const data = JSON.parse($('#page-data').textContent);
export const page = document.body, body = $('#art .body');
export const words = new Words(data), doc = new Article(body, data.pieces, data.excluded);
export const FIELDS = ['start', 'end', 'quote', 'speaker', 'chain', 'stance', 'on_target', 'ascribed', 'claim_type'];

// clusters by place; i: the one shown, -1 for none; draft: the label that is being edited {…fields, edge, added}
// done, undone: steps to take back, and those taken back [[cluster, the row to come back to, stale then]]; names: whether annotators are shown by name
export const at = { clusters: [], i: -1, draft: null, done: [], undone: [], names: false };
export const here = () => at.clusters[at.i];

export const asks = c => c.decision === 'human';
export const settled = c => !!c.decision_row && c.decision_row.action !== 'clear' && !c.stale;
export const waits = c => c.stale || (asks(c) && !settled(c));
export const waiting = () => at.clusters.filter(waits);
export const asked = () => at.clusters.filter(c => asks(c) || c.stale || settled(c));

// the fields alone, the words as the article has them
export const fields = x => ({ ...Object.fromEntries(FIELDS.map(f => [f, x[f] ?? null])), quote: doc.slice(x.start, x.end) });
// what the votes propose; of a span without labels what was decided
export const proposal = c => (c.labels_full.length ? fields(c) : c.decision_row?.gold ?? fields(c));
// what it is in the end; null for nothing, undefined while it waits
export function gold(c) {
  if (waits(c)) return undefined;
  const row = settled(c) ? c.decision_row : null;
  return row?.action === 'reject' ? null : row?.gold ?? proposal(c);
}
// the field without which the fields cannot stand: stance, claim_type, speaker, ascribed; '' for none
export const lacks = x => missing(x) || (x.ascribed === null ? 'ascribed' : '');

const order = (a, b) => place(a) - place(b);
const place = c => (settled(c) && c.decision_row.gold?.start) || c.start || 0;

// Take the clusters as the server has them; stay at the one we were at.
export function take(given) {
  const was = here()?.key, done = given.annotators.filter(x => x.state === 'done');
  Object.assign(data, { annotators: done, ready: given.ready });
  at.clusters = given.clusters.map(c => {
    const labels_full = c.labels_full.map(x => ({ ...x, lane: done.findIndex(a => a.letter === x.annotator) })).sort((a, b) => a.lane - b.lane);
    return { ...c, labels_full, said: at.clusters.find(o => o.key === c.key)?.said ?? c.decision_row?.note ?? '' };
  }).sort(order);
  at.i = at.clusters.findIndex(c => c.key === was);
  const found = ([c, ...then]) => [at.clusters.find(x => x.key === c.key), ...then];
  at.done = at.done.map(found).filter(step => step[0]);
  at.undone = at.undone.map(step => [found(step)[0] ?? (step[0].labels_full.length ? null : step[0]), ...step.slice(1)]).filter(step => step[0]);
}
export function insert(c) {
  at.clusters.push(c);
  at.clusters.sort(order);
}

// ---------- what is called how ----------
export const FLAGS = { on_target: v => (v ? 'on target' : 'off target'), ascribed: v => (v === null ? '' : v ? 'ascribed' : 'own') };
export const wordOf = (field, v) => (field === 'speaker' ? v && words.name(v) : field === 'stance' ? words.stance({ stance: v }) : field === 'claim_type' ? words.claim({ claim_type: v }) : FLAGS[field](v)) || '';
// a label in a few words: "OpenAI, pro-fair-use, policy"
export const told = x => [words.name(x.speaker ?? ''), words.stance(x), words.claim(x), !x.on_target && 'off target', x.ascribed && 'ascribed'].filter(Boolean).join(', ');
export const textOf = c => gold(c)?.quote ?? c.quote;
export const SAME_WORDS = 'as proposed';
// how many words there are between two places
const count = (from, to) => doc.slice(from, to).split(/\s+/).filter(w => /[\p{L}\p{N}]/u.test(w)).length;
const side = (n, where) => n && `${Math.abs(n)} ${n > 0 ? 'more' : 'fewer'} ${where}`;
// the words of a span beside those of another: "as proposed", "2 more before, 5 fewer after"
export function extent(x, of) {
  if (x === of) return `${count(x.start, x.end)} words`;
  const before = x.start < of.start ? count(x.start, of.start) : -count(of.start, x.start), after = x.end > of.end ? count(of.end, x.end) : -count(x.end, of.end);
  return [side(before, 'before'), side(after, 'after')].filter(Boolean).join(', ') || SAME_WORDS;
}
