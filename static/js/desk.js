// What lies on the desk: the article, one's own labels, where we are in it; and how that is painted.
import { Article } from './offsets.js';
import { Words, byPlace, card, forget, layoutCards, paint, paintRail, touching } from './labels.js';
import { bar, place } from './bar.js';
import { filtering, kept, shows, tell } from './filter.js';
import { $, $$, plural, say } from './ui.js';

export const data = JSON.parse($('#page-data').textContent);
export const page = document.body, body = $('#art .body'), desk = $('.desk'), list = $('#cards'), rail = $('#rail');
export const words = new Words(data), doc = new Article(body, data.pieces, data.excluded), prefs = { letters: true, pieces_first: true, ...data.preferences };
export const phone = matchMedia('(max-width: 759px)'), wide = matchMedia('(min-width: 1000px)');
const still = matchMedia('(prefers-reduced-motion: reduce)');

export const labels = new Map(data.labels.map(x => [x.id, x])), spans = () => [...labels.values()], seen = () => spans().filter(shows);
// cur: the sentence; sel: the marked words {start, end, edge}; active: id of the raised label; draft: a label not stored yet, or changes to one
// done, undone: steps to take back, {pairs: [[before, after]]} or a label that was left half filled in
export const at = { cur: null, sel: null, active: null, draft: null, byMouse: false, done: [], undone: [] };
let cover = new Map(), shown, queued = 0;

export const quoteOf = x => doc.slice(x.start, x.end);
export const bare = s => s.said.length && !cover.has(s);
export const back = () => at.cur?.el.focus({ preventScroll: true });
export const cardOf = id => $(`.card[data-id="${id}"]`, list);
export const raised = () => labels.get(at.active);

// what Q steps through: the sentence and the quotations in it, that of a speaker first
export const choices = s => [[s.s, s.e], ...[...s.said, ...s.pieces].map(p => [p.start, p.end])]
  .filter(([a, b], i, all) => i === 1 || all.findIndex(c => c[0] === a && c[1] === b) === i);

// the quotation that most of the marked words lie in
export function piece() {
  const shared = p => Math.min(p.end, at.sel.end) - Math.max(p.start, at.sel.start);
  return [...at.cur?.pieces ?? []].sort((a, b) => shared(b) - shared(a))[0];
}

export function refresh(...dirty) {
  const paras = new Set(dirty.filter(Boolean).flatMap(x => doc.sentsIn(x.start, x.end).map(s => s.p)));
  paint(doc, paras, seen(), { words, active: at.active, draft: at.active ? null : at.sel });
  chrome();
}
const counted = () => (filtering() ? `${seen().length} of ` : '') + labels.size;
// what depends on the labels
export function recount() {
  const covered = list => new Map(touching(list, 0, Infinity).flatMap(x => doc.sentsIn(x.start, x.end).map(s => [s, x])));
  cover = covered(spans());
  const drawn = filtering() ? covered(seen()) : cover;
  $('#ndone').textContent = counted();
  paintRail(rail, doc, s => (drawn.has(s) ? words.look(drawn.get(s)) : bare(s) ? 'todo' : ''));
  tell(spans(), words);
  shown = undefined;
  chrome();
}
// what depends on where we are
export function chrome() {
  const { cur, active } = at, n = doc.sents.length;
  $('.here', rail)?.classList.remove('here');
  if (cur) rail.children[cur.i]?.classList.add('here');      // a key may come before the rail is drawn
  $('.card.on', list)?.classList.remove('on');
  cardOf(active)?.classList.add('on');
  $('#undo').disabled = !at.done.length;
  $('#redo').disabled = !at.undone.length;
  const own = page.dataset.state === 'reading' ? [] : [`${counted()} label${labels.size === 1 ? '' : 's'}`];
  $('#count').textContent = [...own, cur ? `sentence ${cur.i + 1} of ${n}` : plural(n, 'sentence')].join(' · ');
  queued ||= requestAnimationFrame(() => {
    queued = 0;
    if (shown !== at.active && wide.matches) layoutCards(desk, list, body, shown = at.active);
    const marks = $$(at.active ? `mark[data-id="${at.active}"]` : 'mark.draft', body);
    place(desk, body, marks.flatMap(m => [...m.getClientRects()]), !phone.matches && !prefs.docked, at.byMouse);
  });
}
export function relayout() {
  forget();
  shown = undefined;
  chrome();
}
addEventListener('resize', relayout);
document.fonts.ready.then(relayout);

export function putCard(x) {
  const old = cardOf(x.id), had = old?.contains(document.activeElement), c = card(x, words);
  forget(x.id);
  old?.remove();
  list.insertBefore(c, [...list.children].find(o => byPlace(labels.get(o.dataset.id), x) > 0) || null);
  if (had) c.firstChild.focus();
}
export function repaint(marksToo) {
  list.replaceChildren(...spans().sort(byPlace).map(x => card(x, words)));
  if (marksToo) paint(doc, doc.paras.keys(), seen(), { words, active: at.active, draft: at.active ? null : at.sel });
  for (const c of list.children) c.hidden = !shows(labels.get(c.dataset.id));
}
// another choice of labels to show
export function sift() {
  kept.clear();
  if (raised() && !shows(raised())) at.active = null;
  repaint(true);
  recount();
  say($('#few').textContent || 'All labels shown');
}
export function unhide(x) {
  if (shows(x)) return;
  kept.add(x.id);
  repaint(true);
  recount();
}

// make `sent` the sentence we are in
export function enter(sent) {
  for (const s of [at.cur, doc.sents[0]]) if (s) { s.el.tabIndex = -1; s.el.removeAttribute('aria-current'); }
  at.cur = sent;
  sent.el.tabIndex = 0;
  sent.el.setAttribute('aria-current', 'true');
}
export function reveal(room = 230) {
  const r = at.cur.el.getBoundingClientRect(), below = innerHeight - (phone.matches || prefs.docked ? (bar.hidden ? 60 : bar.offsetHeight + 20) : room);
  if (r.top >= 80 && r.bottom <= below) return;
  const to = Math.max(80, Math.min(innerHeight * (phone.matches ? 0.16 : 0.35), below - r.height));
  scrollBy({ top: r.top - to, behavior: still.matches ? 'auto' : 'smooth' });
}

// a card and its marks are tinted together
for (const type of ['mouseover', 'mouseout']) {
  desk.addEventListener(type, e => {
    const id = e.target.closest('[data-id]')?.dataset.id;
    for (const x of id ? $$(`[data-id="${id}"]`, desk) : []) x.classList.toggle('hover', type === 'mouseover');
  });
}
