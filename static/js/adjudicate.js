// The adjudication page: its commands, and what calls them. A key is one line of the server's key list.
import { keyName, point } from './input.js';
import { byPlace, touching } from './labels.js';
import { drawing, paintLines } from './lines.js';
import { Outbox, openStore, uuid7 } from './outbox.js';
import { at, body, data, doc, fields, gold, here, insert, lacks, page, proposal, settled, take, told, waiting, waits, words } from './matter.js';
import { brief, paintList, paintPanel } from './duel.js';
import { ask, askLink, change, fill, form, need, result, trouble, unlink } from './editor.js';
import { $, $$, plural, say, status, toast } from './ui.js';

const still = matchMedia('(prefers-reduced-motion: reduce)'), wide = matchMedia('(min-width: 1000px)');
const note = $('#note'), counts = $$('#status strong'), { addresses } = data;
let drawn, unsent = false, problem = '';

// ---------- painting ----------
// what lies in question: the words of the draft, or of the passage that is shown
function question() {
  const x = at.draft ?? (here() && (settled(here()) ? here().decision_row.gold : null)) ?? (here() && proposal(here()));
  return x && { edge: '', ...x, start: x.start, end: x.end };
}
let shown = [];
function draw(all) {
  const golds = at.clusters.flatMap((c, n) => { const x = gold(c); return x ? [{ start: x.start, end: x.end, n, look: words.look(x) }] : []; });
  if (all || !drawn) drawn = drawing(doc, at.clusters, golds, words); else drawn.golds = golds.sort(byPlace);
  const now = question(), next = now ? doc.sentsIn(now.start, now.end) : [];
  const spans = [...drawn.lines, ...drawn.golds];
  paintLines(drawn, all ? doc.sents : new Set([...shown, ...next, ...touched(shown)]), now, ns => [...ns].filter(n => at.clusters[n]).map(n => `passage ${n + 1}`).join(', '));
  shown = [...next, ...spans.filter(x => x.n === at.i).flatMap(x => doc.sentsIn(x.start, x.end))];
}
// the sentences of what was just decided, wherever its words are now
const touched = sents => (sents.length ? doc.sentsIn(sents[0].s, sents.at(-1).tail) : []);
function refresh(all = false) {
  page.dataset.mode = at.draft ? 'edit' : 'decide';
  draw(all);
  paintPanel();
  paintList();
  fill();
  const c = here(), open = !at.draft && !!c;
  $('#table').hidden = $('#decide').hidden = !open;
  if (document.activeElement !== note) note.value = at.draft?.added ? at.draft.said ?? '' : c?.said ?? '';
  $('#comment').hidden = !note.value && document.activeElement !== note;
}
function reveal() {
  const mark = $('.now', body);
  if (!mark) return;
  const r = mark.getBoundingClientRect(), low = innerHeight - (wide.matches ? 80 : $('#duel').offsetHeight + 24);
  if (r.top < 120 || r.bottom > low) scrollBy({ top: r.top - Math.max(130, low * 0.36), behavior: still.matches ? 'auto' : 'smooth' });
}
function go(i) {
  const had = $('#duel').contains(document.activeElement);
  at.draft = null;
  at.i = i;
  trouble();
  refresh();
  reveal();
  if (had && here()) $('#accept').focus({ preventScroll: true });      // what had it is gone
}
const tell = first => say([first, here() ? brief(here()) : $('#over h2').textContent].filter(Boolean).join('. '));

// ---------- deciding ----------
// a decision that can be taken back; what was taken back before can no longer come again
function decide(c, row) {
  if (c.pending) { toast('This passage is still on its way to the server. Decide when “Saved” stands above.'); return; }
  at.done.push([c, c.decision_row ?? null, c.stale]);
  at.undone = [];
  put(c, row);
}
// `row`: what is decided, null to take a decision back; the operation is written down, sent, and answered for later
function put(c, row) {
  const base = c.decision_row?.revision ?? 0;
  const { action, gold: given = null, note: words = '' } = row ?? { action: 'clear' };
  const id = uuid7(), old = c.trouble?.ops;
  c.decision_row = { action, gold: given, note: words, by: data.person, revision: base + 1 };
  c.stale = false;
  c.trouble = undefined;
  outbox.add({ id, action, key: c.key, base, note: words, ...(/set|add/.test(action) ? { gold: given } : {}) }, { mine: given, text: c.quote, start: c.start });
  if (action === 'add') c.pending = id;      // until the server has given it a key
  if (old) outbox.drop(old);
}
// on to the next passage that waits, behind this one first
function goOn(first) {
  const n = at.clusters.findIndex((c, i) => i > at.i && waits(c));
  const i = n < 0 ? at.clusters.findIndex(waits) : n;
  go(i);
  tell(first);
  if (i < 0) over();
}
// everything here is decided: which article is next, as things are now
async function over() {
  $('#next').focus({ preventScroll: true });
  const found = await fetch(addresses.queue_json).then(r => r.json()).catch(() => null);
  const next = found?.articles.find(x => x.ready && x.waiting && x.document !== data.id);
  $('#next-is').textContent = next ? `Next: “${next.title}”, ${plural(next.waiting, 'passage')} to decide.` : 'No other article waits to be decided.';
  $('#next span').textContent = next ? 'Open the next' : 'To adjudicate';
  $('#next').href = next ? next.href : addresses.queue;
}
const problemNow = () => problem || (data.ready ? '' : 'This article cannot be decided yet.');
function settle(action, given, first) {
  const c = here();
  decide(c, { action, gold: given, note: c.said.trim() });
  goOn(first);
}
// a row as it is decided anew: what was added once is there already
const again = row => ({ ...row, action: row.action === 'add' ? 'set' : row.action });
function show(c, stale, first) {
  c.stale = stale;
  at.draft = null;
  at.i = at.clusters.indexOf(c);
  refresh(true);
  reveal();
  tell(first);
}
const sameAs = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function edit(x, more = {}) {
  at.draft = { ...fields(x), ascribed: x.ascribed ?? null, edge: 'to', ...more };
  trouble();
  refresh();
  reveal();
}
function editHere() {
  const c = here(), row = settled(c) && c.decision_row.gold;
  edit(row || proposal(c));
}
function addAt(start, end) {
  at.i = -1;
  edit({ start, end, chain: [], speaker: null, stance: null, claim_type: null, on_target: true, ascribed: false }, { added: true });
  say(`A passage that all missed: ${doc.slice(start, Math.min(end, start + 120))}`);
}
// the next sentence without any label, its quotation first
function missed(from, step) {
  const bare = s => !touching(drawn.lines, s.s, s.tail)[0] && !touching(drawn.golds, s.s, s.tail)[0];
  for (let i = from; doc.sents[i]; i += step) if (bare(doc.sents[i]) && doc.free(doc.sents[i].s, doc.sents[i].e)) return doc.sents[i];
  return doc.sents[Math.max(0, Math.min(from, doc.sents.length - 1))];
}
const places = s => [[s.s, s.e], ...s.pieces.map(p => [p.start, p.end])].filter(([a, b], i, all) => all.findIndex(c => c[0] === a && c[1] === b) === i);
const firstOf = s => places(s)[s.pieces.length === 1 ? 1 : 0] ?? [s.s, s.e];

function bound(start, end, edge = at.draft.edge) {
  if (!(start < end) || !doc.free(start, end)) return;
  Object.assign(at.draft, { start, end, edge });
  refresh();
  say(doc.slice(start, Math.min(end, start + 120)));
}

// ---------- commands ----------
const C = {
  accept() {
    const c = here();
    if (!c) { if (waiting()[0]) goOn(''); else $('#next').click(); return; }
    if (settled(c)) {
      if (c.said.trim() !== c.decision_row.note) C.comment_done();
      goOn('');
      return;
    }
    if (!waits(c)) { if (c.said.trim()) settle('accept', proposal(c), 'Accepted'); else goOn(''); return; }
    if (!c.labels_full.length) { settle('set', proposal(c), 'Kept'); return; }
    const lack = lacks(proposal(c));
    if (lack) { editHere(); ask(lack); say($('#err').textContent); } else settle('accept', proposal(c), 'Accepted');
  },
  take(n) {
    const c = here(), who = data.annotators[n - 1];
    if (!c || !who) return;
    const x = c.labels_full.find(o => o.annotator === who.letter);
    if (!x) { C.reject(); return; }
    const given = fields(x);
    if (sameAs(given, proposal(c))) settle('accept', given, `Accepted, as ${who.letter} has it`); else settle('set', given, `Took ${who.letter}`);
  },
  reject() { if (here()) settle('reject', proposal(here()), 'No label'); },
  edit() { if (here()) { editHere(); $('#settle').focus({ preventScroll: true }); } },
  save() {
    const lack = need();
    if (lack) { ask(lack); say($('#err').textContent); return; }
    const given = result(), { added, said = '' } = at.draft, c = here();
    if (!added) { settle(sameAs(given, proposal(c)) && c.labels_full.length ? 'accept' : 'set', given, 'Decided'); return; }
    const fresh = { ...given, key: '', labels: [], labels_full: [], annotators: 0, reasons: [], why: [], tag: '', votes: {}, decision: 'human', stale: false, decision_row: null, earlier: [], said };
    at.draft = null;
    decide(fresh, { action: 'add', gold: given, note: said.trim() });
    insert(fresh);
    at.i = at.clusters.indexOf(fresh);
    refresh(true);
    tell('Added');
  },
  add() {
    const from = here() ? doc.at(here().start).i + 1 : 0, s = missed(from, 1);
    addAt(...firstOf(s));
    $('#settle').focus({ preventScroll: true });
  },
  cancel() {
    if (document.activeElement === note) { $('#settle').offsetParent ? $('#settle').focus({ preventScroll: true }) : note.blur(); refresh(); return; }
    if (!at.draft) return;
    const { added } = at.draft;
    at.draft = null;
    trouble();
    if (added) { C.waiting(1); return; }
    refresh();
  },
  next(d) { if (at.clusters[0]) { go(at.i < 0 ? (d > 0 ? 0 : at.clusters.length - 1) : Math.max(0, Math.min(at.clusters.length - 1, at.i + +d))); tell(); } },
  waiting(d) {
    const n = at.clusters.length, order = [...Array(n).keys()].map(k => (at.i + +d * (k + 1) + 2 * n) % n);
    const i = order.find(k => waits(at.clusters[k]));
    go(i ?? -1);
    tell();
    if (i === undefined) over();
  },
  go(n) { go(+n); tell(); },
  sentence(d) {
    if (!at.draft.added) return;
    const s = doc.sents[doc.at(at.draft.start).i + +d];
    if (s) { bound(...firstOf(s), 'to'); reveal(); }
  },
  widen() {
    const all = places(doc.at(at.draft.start)), i = all.findIndex(([a, b]) => a === at.draft.start && b === at.draft.end);
    bound(...all[(i + 1) % all.length], 'to');
  },
  grow(d) {
    const s = doc.sents[doc.at(at.draft.end - 1).i + +d];
    if (s) bound(at.draft.start, s.e, 'to');
  },
  edge(d, e) {
    if (!at.draft) { if (!here()) return; editHere(); }
    const x = at.draft, to = x.edge === 'to', moved = doc.step(to ? x.end : x.start, +d, e.ctrlKey || e.metaKey), [a, b] = to ? [x.start, moved] : [moved, x.end];
    if (a < b) bound(...doc.whole(...doc.trim(a, b)));
  },
  grab() { if (!at.draft && here()) editHere(); if (at.draft) { at.draft.edge = at.draft.edge === 'to' ? 'from' : 'to'; refresh(); } },
  flag(f) { change({ [f]: !at.draft[f] }); refresh(); },
  stance(v) { change({ stance: v }); },
  claim_type(v) { change({ claim_type: v }); },
  speaker() { $('#spk').focus(); $('#spk').select(); },
  chain() { if (at.draft.speaker) askLink(); else ask('speaker'); },
  unchain: unlink,
  comment() { $('#comment').hidden = false; note.focus({ preventScroll: true }); },
  comment_done() {
    const c = here();
    if (c && settled(c) && c.said.trim() !== c.decision_row.note) decide(c, { ...c.decision_row, note: c.said.trim() });
  },
  undo() {
    const last = at.done.at(-1);
    if (!last || last[0].pending) { toast(last ? 'The added passage is still on its way to the server.' : 'Nothing to undo yet.'); return; }
    at.done.pop();
    const [c, before, stale] = last, back = before && before.action !== 'clear' ? before : null;
    at.undone.push([c, c.decision_row, c.stale]);
    put(c, back && again(back));
    if (!back && !c.labels_full.length) at.clusters = at.clusters.filter(x => x !== c);
    show(c, stale, 'Undone');
  },
  redo() {
    const [c, row, stale] = at.undone.pop() ?? [];
    if (!c) { toast('Nothing to redo.'); return; }
    at.done.push([c, c.decision_row, c.stale]);
    put(c, again(row));
    if (!at.clusters.includes(c)) insert(c);
    show(c, stale, 'Redone');
  },
  async names() {
    if (!at.names) {
      const found = await fetch(`${addresses.json}${addresses.json.includes('?') ? '&' : '?'}names=1`).then(r => r.json()).catch(() => null);
      if (!found) { toast('The names could not be fetched. Try again.'); return; }
      for (const a of data.annotators) a.name = found.annotators.find(x => x.letter === a.letter)?.name;
    }
    at.names = !at.names;
    for (const b of $$('[data-cmd=names]')) b.setAttribute('aria-pressed', String(at.names));
    refresh();
    say(at.names ? data.annotators.map(x => `${x.letter} is ${x.name}`).join(', ') : 'Names hidden');
  },
  mine() {
    const c = here(), { action, mine } = c.trouble;
    decide(c, action === 'clear' ? null : { action: action === 'reject' ? 'reject' : 'set', gold: mine, note: c.said.trim() });
    goOn('Yours was sent again');
  },
  theirs() { const c = here(), { ops } = c.trouble; c.trouble = undefined; outbox.drop(ops); refresh(); tell('Left as it is'); },
  unsent() { const i = at.clusters.findIndex(c => c.trouble); if (i >= 0) go(i); tell(); },
  keys() { $('#keys').showModal(); },
  guide() { window.open(addresses.guide, 'stancemark-guide'); },
};
const READING = /^(next|waiting|go|names|keys|guide|cancel|unsent|theirs)$/;
function run(what, e) {
  const [cmd, arg] = what.split(/:(.*)/);
  if (problemNow() && !READING.test(cmd)) { toast(problemNow()); return; }
  C[cmd](arg, e);
}

// ---------- keys, mouse, touch ----------
// The key list in the page is the one table; a key may mean one thing while deciding and another in the form.
const keys = new Map($$('[data-key]').map(e => [`${e.dataset.mode} ${e.dataset.key}`, e.dataset.do]));
const meaning = name => keys.get(`${page.dataset.mode} ${name}`) ?? keys.get(`both ${name}`);
document.addEventListener('keydown', e => {
  const t = e.target, name = keyName(e, meaning);
  if (!name || (e.altKey && !e.getModifierState('AltGraph')) || e.isComposing || e.defaultPrevented || $('dialog[open]')) return;
  if (t.matches('textarea, select, [type=text]') && name !== 'Escape') return;
  if (name === 'Enter' && t.matches('button, a, summary') && !t.matches('#accept, #settle')) return;
  if (/^(Shift\+)?.$/u.test(name) && !(data.preferences.letters ?? true)) return;
  e.preventDefault();
  run(meaning(name), e);
});
document.addEventListener('click', e => {
  const b = e.target.closest('[data-cmd]'), n = !b && getSelection().isCollapsed && e.target.closest('[data-n]');
  if (b) { e.preventDefault(); run(`${b.dataset.cmd}:${b.dataset.arg ?? ''}`, e); } else if (n && !at.draft && at.clusters[n.dataset.n]) C.go(n.dataset.n);
});
point(doc, { words([start, end]) { if (problemNow()) return; if (at.draft) bound(start, end, 'to'); else addAt(start, end); }, mark: () => true, sentence() {} });
form.addEventListener('change', e => { const { name, value, type } = e.target; if (type === 'radio') change({ [name]: value }); });
form.addEventListener('submit', e => { e.preventDefault(); C.save(); });
note.addEventListener('input', () => { if (at.draft?.added) at.draft.said = note.value; else if (here()) here().said = note.value; });
note.addEventListener('change', C.comment_done);

// ---------- what is kept to be sent, and others ----------
async function reload() {
  const r = await fetch(addresses.json);
  if (!r.ok) return false;
  const given = await r.json();
  if (given.person !== data.person) return false;
  take(given);
  overlay(await pending());
  troubles(await outbox.refused());
  refresh(true);
  return true;
}
const pending = async () => (await outbox.waiting()).filter(o => o.address === outbox.address);
// what waits to be sent, over what the server has
function overlay(ops) {
  for (const { id, action, key, base, note: said, before } of ops) {
    const row = { action, gold: before?.mine, note: said, by: data.person, revision: base + 1 };
    const c = key && at.clusters.find(x => x.key === key);
    if (c) Object.assign(c, { decision_row: row, stale: false, said });
    else if (action === 'add') insert({ ...before.mine, key: '', pending: id, labels: [], labels_full: [], reasons: [], why: [], tag: '', votes: {}, decision: 'human', stale: false, decision_row: row, earlier: [], said });
  }
}
// What was not taken is shown beside what is there now; neither overwrites the other.
async function refused(ops) {
  at.done = at.undone = [];
  if (!await reload()) { toast(ops[0].refused.message, '', null, true); return; }
  const i = at.clusters.findIndex(c => c.trouble);
  if (i >= 0 && !at.draft) go(i); else refresh();
  say(`Not accepted. ${ops[0].refused.message}`);
}
function troubles(ops) {
  for (const op of ops) {
    const { key, action, before, refused: why } = op, c = at.clusters.find(x => x.key === key) ?? at.clusters.find(x => before && x.start < before.start + before.text.length && before.start < x.end);
    if (!c) { toast(`Not accepted: ${why.message} Yours was: ${yours(op)}.`, '', null, true); outbox.drop([op]); continue; }
    const own = why.code === 'conflict' && c.decision_row?.by === data.person;
    c.trouble = { ops: [...c.trouble?.ops ?? [], op], action, mine: before?.mine ?? null, yours: yours(op), message: own ? MESSAGES.own : MESSAGES[why.code] ?? why.message };
    c.said ||= op.note;
  }
}
const yours = ({ action, before }) => (action === 'clear' ? 'to take it back' : action === 'reject' ? 'no label' : told(before.mine));
const MESSAGES = { own: 'You decided this in another window meanwhile; what was decided there stands.', conflict: 'Somebody else decided this meanwhile. What they chose stands; yours was not taken.', stale: 'The labels changed before this was sent. Look at them, then decide.' };

const outbox = new Outbox({ store: openStore(), person: data.person_id, who: data.person, address: addresses.decisions, renewAt: addresses.json, token: $('meta[name=csrf-token]').content,
  on: { refused, turn() {},
    state(word, n) {
      unsent = !/saved|refused/.test(word);
      for (const x of counts) x.textContent = plural(n, 'decision');
      status(word, n);
      $('#fragile').hidden = !outbox.store.fragile;
    },
    stored({ key, id }, x) {
      const c = at.clusters.find(o => o.pending === id || (key && o.key === key));
      if (c?.pending === id) { c.key = x.key; c.pending = ''; }
      if (c?.decision_row) c.decision_row.revision = Math.max(x.revision ?? 0, c.decision_row.revision);
    } } });

addEventListener('online', () => outbox.pump());
document.addEventListener('visibilitychange', async () => {
  if (document.hidden) return;
  outbox.pump();
  if (!at.draft && !(await pending())[0] && document.activeElement !== note) await reload();
});
addEventListener('beforeunload', e => { if (unsent || outbox.store.atRisk || at.draft) e.preventDefault(); });

// ---------- start ----------
take(data);
overlay(await pending());
troubles(await outbox.refused());
if (!await doc.matches(data.document.text_sha256)) { problem = 'This page does not match the stored article. Reload before deciding.'; toast(problem, '', null, true); }
const wanted = new URLSearchParams(location.search).get('at');      // a place in the article that a link names
at.i = at.clusters.findIndex(wanted === null ? waits : c => c.end > +wanted);
refresh(true);
reveal();
if (at.i < 0) over();
outbox.pump();
page.dataset.ready = '1';
