// Labelling: where we are, the bar, changes and their inverses, and what the server did not take.
import { h, missing } from './labels.js';
import { Outbox, openStore, uuid7 } from './outbox.js';
import { at, back, choices, data, doc, labels, page, phone, piece, prefs, quoteOf, raised, spans, wide, words } from './state.js';
import { cardOf, forget, putCard } from './cards.js';
import { bar, fill, showOther, trouble } from './bar.js';
import { kept } from './filter.js';
import { chrome, enter, recount, refresh, repaint, reveal, unhide } from './desk.js';
import { $, say, status, toast } from './ui.js';

const revision = new Map(data.labels.map(x => [x.id, x.revision]));
const given = new Map();           // the speaker the annotator gave in a run of quotations
// recents: speakers, the last one first; and what is not so at first: problem: why nothing can be labelled; leaving: where to go when all is stored;
// last: the label for "again"; unsent, away: whether something is to be sent, and the line is gone; saying: what to say when it is stored
export const now = { recents: [] };
export const frozen = () => now.problem || (page.dataset.state !== 'open' && $(`.when-${page.dataset.state}`).textContent);

// ---------- where we are ----------
export function go(sent, { range, keepBar, mouse = false } = {}) {
  const before = at.sel, was = raised();
  leave();
  enter(sent);
  const [start, end] = range || choices(sent)[prefs.pieces_first && sent.said.length === 1 ? 1 : 0];
  Object.assign(at, { sel: { start, end, edge: 'to' }, active: null, byMouse: mouse });
  bar.hidden = !keepBar;
  refresh(before, at.sel, was);
  if (prefs.docked || mouse) openBar();      // before the focus moves: that lays out the page, once for both
  back();
  reveal();
}
// a label that is half filled in is not lost by going away from it
export function leave() {
  if (at.draft?.touched) remember({ draft: at.draft, sel: at.sel, cur: at.cur, active: at.active });
  at.draft = null;
  trouble();
  showOther();
  $('#more').hidden = true;
  $('#ask').textContent = '';
}
// mark other words; those of the raised label, where they are refined
export function mark(start, end, refine) {
  if (!doc.free(start, end)) return;
  const before = at.sel, was = raised();
  at.sel = { start, end, edge: before.edge };
  say(doc.slice(start, Math.min(end, start + 120)));
  if (refine && was) change({ start, end });
  else at.active = null;
  refresh(before, at.sel, was);
  if (!bar.hidden) show();
}
export function open(id, bared, mouse) {
  const x = labels.get(id), before = at.sel, was = raised(), sent = doc.at(x.start);
  unhide(x);
  if (sent !== at.cur || at.cur.el.contains(document.activeElement)) go(sent, { range: [x.start, x.end], keepBar: true }); else leave();
  at.sel = { start: x.start, end: x.end, edge: 'to' };
  at.active = id;
  bar.hidden = !bared;
  refresh(before, at.sel, was);
  if (bared || prefs.docked) openBar(mouse);
}

// ---------- the label bar ----------
export const target = () => at.draft || raised();
export const carried = () => given.get(piece()?.run || null) || '';
export const guess = () => (!target()?.speaker && !carried() && piece()?.proposal) || '';
const chainFor = id => spans().findLast(x => x.speaker === id && x.chain.length)?.chain ?? words.chain(id);
export const fresh = () => ({ ...words.blank(), speaker: carried(), speaker_origin: 'carried', chain: chainFor(carried()) });

export function openBar(mouse) {
  if (frozen()) return;
  if (!target()) at.draft = fresh();
  at.byMouse = mouse ?? at.byMouse;
  bar.hidden = false;
  show();
  if (phone.matches) reveal();
}
export function show() {
  fill(target() || fresh(), guess(), now.last);
  chrome();
}
export function shut() {
  bar.hidden = !prefs.docked;
  if (prefs.docked && at.sel) show();
}
export function close() {
  const was = raised();
  if (!bar.hidden && (!prefs.docked || at.draft?.touched)) { leave(); back(); shut(); } else if (was) { at.active = null; refresh(was, at.sel); shut(); } else mark(at.cur.s, at.cur.e);
  chrome();
}

// ---------- changing things: every change is an operation, every operation has an inverse ----------
export function apply(pairs, { send = true, tell = true } = {}) {   // [[before, after], ...]; null stands for "not there"
  for (const [a, b] of pairs) {
    const { id } = b || a, base = revision.get(id) || 0;
    kept.add(id);
    if (b) { labels.set(id, b); putCard(b); } else { labels.delete(id); cardOf(id)?.remove(); if (at.active === id) at.active = null; }
    if (!send) continue;
    revision.set(id, base + 1);
    outbox.add(b ? { action: 'put', label: words.toWire(b, base, data.document.text_sha256) } : { action: 'delete', label: { id, base } }, a);
  }
  if (tell) share({ pairs, revisions: pairs.map(([a, b]) => [(b || a).id, revision.get((b || a).id)]), speakers: [...words.speakers.values()].filter(s => s.fresh) });
  refresh(...pairs.flat(), at.sel);
  recount();
}
export function act(pairs, refined) {
  const step = at.done.at(-1);
  if (refined && step?.refined === refined) step.pairs[0][1] = pairs[0][1];      // a mark refined in many steps is one to undo
  else remember({ pairs: pairs.map(p => [...p]), refined });
  apply(pairs);
}
function remember(step) {
  at.done.push(step);
  at.undone = [];
}
export function undo() {
  const p = at.done.pop();
  if (!p) return;
  at.draft = at.active = null;
  if (p.draft) { go(p.cur, { range: [p.sel.start, p.sel.end] }); Object.assign(at, { draft: p.draft, active: p.active }); refresh(at.sel); openBar(); return; }
  at.undone.push(p);
  apply(p.pairs.map(([a, b]) => [b, a]).reverse());
  shut();
  say('Undone');
}

// change the raised label, or the label in the making; it is stored as soon as nothing is missing
export function change(patch, decided = true) {
  if (frozen()) return toast(frozen());
  trouble();
  const was = target() || fresh(), x = { ...was, ...patch }, [field] = Object.keys(patch);
  if (patch.stance) x.on_target = true;
  if (patch.on_target === false) x.stance = null;
  if (patch.speaker) x.chain = chainFor(patch.speaker);
  if (!at.draft && Object.keys(x).every(f => x[f] === was[f])) return undefined;
  at.draft = { ...x, touched: true };
  const need = missing(x);
  if (decided && !need) return store(field);
  if (bar.hidden) openBar(); else show();
  $('#save').hidden = decided;
  if (!decided) return undefined;
  if (need === 'speaker') trouble(need, guess() ? `Is it ${words.name(guess())}? R confirms, S chooses another.` : 'Who is speaking? S opens the list.');
  else if (x.id) trouble(need, `Choose a ${need.replace('_', ' ')}.`);
  return say(`${words.of(x)}; ${need.replace('_', ' ')} next`);
}
export function store(field) {
  const { touched, refused: own, ...x } = at.draft, before = labels.get(x.id) || null, { start, end } = at.sel;
  const twin = spans().find(o => o.start === start && o.end === end && o.speaker === x.speaker && o.id !== x.id);
  if (twin) return trouble('speaker', `${words.name(twin.speaker)} already has a label on exactly these words. Enter opens it.`);
  const last = now.last = { ...x, id: x.id || uuid7(), start, end, quote: quoteOf(at.sel) };
  at.draft = null;
  at.active = last.id;
  now.recents = [last.speaker, ...now.recents.filter(r => r !== last.speaker)].slice(0, 9);
  if (piece()?.run) given.set(piece().run, last.speaker);
  act([[before, last]], field === 'start' && at.active);
  if (own) outbox.drop(own);
  if (before && !own) told(words.changed(field, last));
  else {
    bar.hidden = true;
    if (now.away) say(`Kept here: ${words.of(last)}`); else now.saying = [last.id, words.of(last)];
  }
  if (!bar.hidden || prefs.docked) openBar();
  if (!at.cur.el.contains(document.activeElement) && (bar.hidden || document.activeElement === page)) back();
  return undefined;
}
// say in place what a key has changed
function told(what) {
  say(`Changed: ${what}`);
  if (!wide.matches) return toast(`Changed: ${what}.`, 'Undo', undo);
  cardOf(at.active).append(h('p', { class: 'said' }, `Changed: ${what}. `, h('button', { type: 'button', class: 'link', 'data-cmd': 'undo' }, 'Undo')));
  return forget(at.active);
}

// ---------- what the server did not take ----------
function refused(ops) {
  const [op] = ops, { code, message, label: theirs } = op.refused, id = op.label?.id, own = ops.filter(o => o.label?.id === id);
  if (own.length < ops.length) refused(ops.filter(o => !own.includes(o)));
  if (code === 'finished') turn('done');
  if (/locked|not-assigned/.test(code)) turn('locked', message);
  if (!id) { outbox.drop(own); return toast(message); }
  if (own.some(stale)) return keepsakes();
  revision.set(id, theirs?.revision ?? op.label.base);
  [at.done, at.undone] = [at.done, at.undone].map(steps => steps.filter(s => !s.pairs?.flat().some(x => x?.id === id)));
  if (now.last?.id === id) now.last = null;
  const was = labels.get(id), to = code !== 'conflict' ? op.before : theirs.deleted ? null : theirs;
  if (was || to) apply([[was ?? null, to]], { send: false });
  if (at.draft?.touched || frozen()) return toast(`Not accepted: ${message}`, 'Show', () => resume(own), true);
  return resume(own);
}
// a refused label comes back into the bar with all that was entered but the field refused
function resume(own) {
  const [op] = own, { code, field, message, label } = op.refused, { id } = op.label, put = own.findLast(o => o.action === 'put');
  const x = put ? words.fromWire(put.label) : labels.get(id) || op.before;
  go(doc.at(x.start), { range: [x.start, x.end] });
  at.active = labels.has(id) ? id : null;
  at.draft = { ...x, touched: true, refused: own };
  const blank = words.blank();
  if (code !== 'conflict' && field in blank) at.draft[field] = blank[field];
  if (code === 'conflict') showOther(label);
  bar.hidden = false;
  refresh(at.sel);
  show();
  $('#save').hidden = !!missing(at.draft);
  trouble(field, message);
  say(`Not accepted. ${message}`);
}
// show it again: the first one that was refused
export async function unsent() {
  const ops = await outbox.refused();
  if (ops.some(stale)) keepsakes(); else if (ops[0]) resume(ops.filter(o => o.label?.id === ops[0].label.id));
}
// let go of what was refused; the label stays as the server has it
export function settle(own) {
  at.draft = null;
  outbox.drop(own);
  refresh(at.sel);
  close();
}

// Labels made in an earlier text of the article are shown to copy, until they are let go.
const stale = ({ label }) => label?.text_sha256 && label.text_sha256 !== data.document.text_sha256;
async function keepsakes() {
  const newest = new Map((await outbox.refused()).filter(stale).map(o => [o.label.id, words.fromWire(o.label)]));
  $('#earlier').replaceChildren(...[...newest.values()].map(x => h('li', {}, h('q', {}, x.quote), h('p', {}, [words.of(x), x.note].filter(Boolean).join(' · ')))));
  if (!$('#kept').open) $('#kept').showModal();
}
export async function letGo() {
  $('#kept').close();
  outbox.drop((await outbox.refused()).filter(stale));
}

// ---------- what is kept to be sent, and other tabs ----------
export const outbox = new Outbox({ store: openStore(), person: data.person_id, who: data.person, address: data.addresses.operations, renewAt: data.addresses.json,
  token: $('meta[name=csrf-token]').content,
  on: { refused, turn,
    state(word, n) {
      now.unsent = !/saved|refused/.test(word);
      if (word !== 'saving') now.away = now.unsent;
      if (now.away) now.saying = null;
      if (page.dataset.state !== 'reading' || word !== 'saved') status(word, n);
      if (outbox.store.fragile) $('#fragile').hidden = false;
      if (word === 'saved' && now.leaving) location.href = now.leaving;
    },
    stored({ label }, x) {
      if (!label) return;
      revision.set(label.id, Math.max(x.revision, revision.get(label.id) || 0));
      if (now.saying?.[0] !== label.id) return;
      say(`Saved: ${now.saying[1]}`);
      now.saying = null;
    } } });

const channel = new BroadcastChannel(`stancemark ${outbox.address}`);
const share = news => channel.postMessage({ person: data.person_id, ...news });
channel.addEventListener('message', ({ data: { person, state, pairs, revisions, speakers } }) => {
  if (person !== data.person_id) return;
  if (state) { turn(state); return; }
  for (const s of speakers) words.speakers.set(s.id, s);
  for (const [id, n] of revisions) revision.set(id, n);
  apply(pairs, { send: false, tell: false });
});

// what waits to be sent, over what the server has drawn
export function overlay(ops) {
  for (const { action, label } of ops) {
    if (!label) { turn(action === 'finish' ? 'done' : 'open'); continue; }
    if (stale({ label })) continue;
    if (action === 'put') labels.set(label.id, words.fromWire(label)); else labels.delete(label.id);
    revision.set(label.id, Math.max(label.base + 1, revision.get(label.id) || 0));
  }
  repaint(ops.length);
  recount();
}

// open, done or locked (`why`): from now on
function turn(state, why) {
  if (why) $('.when-locked').textContent = why;
  if (page.dataset.state === state || page.dataset.state === 'reading') return;
  page.dataset.state = state;
  if (state === 'open') { $('#toast').hidden = true; outbox.retry().then(overlay); return; }
  if (!at.sel) return;
  leave();
  bar.hidden = true;
}
export function turned(action, state) {
  outbox.add({ action });
  turn(state);
  share({ state });
}
