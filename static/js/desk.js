// How what lies on the desk is painted.
import { paint, paintRail, touching } from './labels.js';
import { at, back, body, desk, doc, labels, page, phone, prefs, rail, raised, spans, wide, words } from './state.js';
import { cardOf, forget, layoutCards, moved, putCards } from './cards.js';
import { bar, place } from './bar.js';
import { filtering, kept, pick, seen, shows, tell } from './filter.js';
import { $, $$, plural, say } from './ui.js';

let cover = new Map(), shown, queued = 0;

export const bare = s => s.said.length && !cover.has(s);

const draw = paras => paint(doc, paras, seen(), { words, active: at.active, draft: at.active ? null : at.sel });
export function refresh(...dirty) {
  draw(new Set(dirty.filter(Boolean).flatMap(x => doc.sentsIn(x.start, x.end).map(s => s.p))));
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
  tell();
  shown = undefined;
  chrome();
}
// what depends on where we are
export function chrome() {
  const { cur, active } = at, n = doc.sents.length;
  $('.here', rail)?.classList.remove('here');
  if (cur) rail.children[cur.i]?.classList.add('here');      // a key may come before the rail is drawn
  $('#cards .on')?.classList.remove('on');
  cardOf(active)?.classList.add('on');
  $('#undo').disabled = !at.done.length;
  $('#redo').disabled = !at.undone.length;
  if (document.activeElement.disabled) back();      // keys would be lost there
  const own = page.dataset.state === 'reading' ? [] : [`${counted()} label${labels.size === 1 ? '' : 's'}`];
  $('#count').textContent = [...own, cur ? `sentence ${cur.i + 1} of ${n}` : plural(n, 'sentence')].join(' · ');
  queued ||= Promise.resolve().then(arrange);
}
// Once for all that an event has changed, when it is over: in an animation frame it would come after the page is laid out.
function arrange() {
  queued = 0;
  if (shown !== at.active && (wide.matches || page.classList.contains('drawer'))) layoutCards(shown = at.active);
  if (!bar.hidden) place($$(at.active ? `mark[data-id="${at.active}"]` : 'mark.draft', body).flatMap(m => [...m.getClientRects()]));
}
export function relayout() {
  forget();
  shown = undefined;
  chrome();
}
addEventListener('resize', relayout);
addEventListener('scroll', () => { if (moved()) { shown = undefined; chrome(); } });
document.fonts.ready.then(relayout);

export function repaint(marksToo) {
  putCards();
  if (marksToo) draw(doc.paras.keys());
}

// another choice of labels to show
export function sift() {
  pick();
  if (raised() && !shows(raised())) at.active = null;
  repaint(true);
  recount();
  say($('#few').textContent || 'All shown');
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
  const r = (phone.matches ? $('.draft,.on', body) : at.cur.el).getBoundingClientRect(), below = innerHeight - (phone.matches || prefs.docked ? bar.offsetHeight + 40 : room);
  if (!phone.matches && r.top >= 80 && r.bottom <= below) return;
  const to = Math.max(80, Math.min(innerHeight * (phone.matches ? 0.16 : 0.35), below - r.height));
  scrollBy({ top: r.top - to, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

// a card and its marks are tinted together
for (const type of ['mouseover', 'mouseout']) {
  desk.addEventListener(type, e => {
    const id = e.target.closest('[data-id]')?.dataset.id;
    for (const x of id ? $$(`[data-id="${id}"]`, desk) : []) x.classList.toggle('hover', type === 'mouseover' && !e.buttons);
  });
}
