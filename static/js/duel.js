// The panel: what is asked, what each annotator says, what was decided; and the list of all.
import { h, sign } from './labels.js';
import { FLAGS, SAME_WORDS, asked, at, data, extent, gold, here, lacks, proposal, settled, textOf, told, waiting, waits, wordOf, words } from './matter.js';
import { $, $$, plural } from './ui.js';

const duel = $('#duel'), list = $('#todo'), TAGS = { accept: 'accepted', set: 'changed', reject: 'no label', add: 'added' };
const MOST_COLUMNS = 4, LACKING = { stance: 'stance', claim_type: 'claim type', speaker: 'speaker', ascribed: 'voice' };

const who = x => (at.names && x.name) || x.letter;
const key = n => h('kbd', { 'aria-hidden': 'true' }, String(n + 1));

// ---------- the table ----------
const flag = f => x => FLAGS[f](x[f]);
const via = x => x.chain.slice(0, -1).filter(id => id !== words.voice).map(id => words.name(id)).join(' › ');
const ROWS = [
  ['Words', extent, () => true],
  ['Speaker', x => wordOf('speaker', x.speaker), () => true],
  ['Stance', x => wordOf('stance', x.stance), () => true],
  ['Claim type', x => wordOf('claim_type', x.claim_type), () => true],
  ['Voice', flag('ascribed'), () => true],
  ['Target', flag('on_target'), all => all.some(x => !x.on_target)],
  ['Through', via, all => new Set(all.map(via)).size > 1],
  ['Sure', x => (x.unsure ? 'unsure' : ''), all => all.some(x => x.unsure)],
  ['Note', x => x.note ?? '', all => all.some(x => x.note)],
];
const OWN = /Sure|Note/;       // what only labels have

// annotators side by side; where there are many, those who say the same share a column
function columns(c) {
  const one = data.annotators.map((a, n) => ({ of: [[a, n]], label: c.labels_full.find(x => x.annotator === a.letter) }));
  if (one.length < MOST_COLUMNS) return one;
  const same = Map.groupBy(one, x => x.label && JSON.stringify(ROWS.map(([, say]) => say(x.label, proposal(c)))));
  return [...same.values()].map(all => ({ of: all.flatMap(x => x.of), label: all[0].label })).sort((a, b) => !a.label - !b.label || b.of.length - a.of.length);
}
function cell(title, say, x, open) {
  const said = x && say(x);
  if (!x) return h('td', { class: 'none' }, title === 'Words' ? 'not marked' : '–');
  if (!said && open) return h('td', { class: 'open' }, '?');
  const stance = title === 'Stance' && words.stances.get(x.stance);
  return h('td', {}, stance ? h('span', { class: `st ${stance.look}` }, sign(stance), said) : said || '–');
}
function head(col, scope) {
  const names = col.of.map(([a]) => who(a)).join(', ');
  const caps = col.of.filter(([, n]) => n < 9).map(([, n]) => key(n));
  const what = col.label ? `Take the label of ${names}: ${told(col.label)}` : `As ${names}: no label`;
  return h('th', { scope }, h('button', { type: 'button', class: 'who-b', 'data-cmd': 'take', 'data-arg': col.of[0][1] + 1, 'aria-label': what, title: col.label ? 'Take this label' : 'No label' }, ...caps, h('span', {}, names)));
}
const named = (title, differs) => [title, differs ? h('span', { class: 'sr' }, ', differs') : ''];
// few annotators: a column each, and a row for each field
function wideTable(cols, rows, first) {
  return h('table', { class: 't' }, h('caption', { class: 'sr' }, 'What each annotator says'),
    h('thead', {}, h('tr', {}, h('td', {}), h('th', { scope: 'col' }, first.title), ...cols.map(x => head(x, 'col')))),
    h('tbody', {}, ...rows.map(r => h('tr', { class: r.differs ? 'diff' : 'same' }, h('th', { scope: 'row' }, ...named(r.title, r.differs)), first.cell(r), ...cols.map(x => r.cell(x.label))))));
}
// many: a row each, and columns only for what differs
function tallTable(cols, rows, first) {
  const shown = rows.filter(r => r.differs || r.open), same = rows.filter(r => !shown.includes(r) && r.said);
  const lit = (td, x, r) => { if (x && r.differs && r.say(x) !== r.usual) td.className = 'lit'; return td; };
  const line = x => h('tr', {}, head(x, 'row'), ...(x.label ? shown.map(r => lit(r.cell(x.label), x.label, r)) : [h('td', { class: 'none', colspan: Math.max(1, shown.length) }, 'not marked')]));
  return h('div', {}, h('table', { class: 't tall' }, h('caption', { class: 'sr' }, 'What each annotator says'),
    h('thead', {}, h('tr', {}, h('td', {}), ...shown.map(r => h('th', { scope: 'col' }, ...named(r.title, r.differs))))),
    h('tbody', {}, h('tr', { class: 'top-row' }, h('th', { scope: 'row' }, first.title), ...shown.map(first.cell)), ...cols.map(line))),
  same[0] && h('p', { class: 'small' }, `The same in all: ${same.map(r => [r.title.toLowerCase(), r.said].join(' ')).join(', ')}.`));
}
function table(c) {
  const cols = columns(c), all = c.labels_full, top = proposal(c), is = settled(c) ? gold(c) : top, lack = !settled(c) && lacks(top);
  const rows = ROWS.filter(([, , shown]) => shown([...all, ...(is ? [is] : [])])).map(([title, tell]) => {
    const say = x => tell(x, top), open = !OWN.test(title) && lack && !say(top);
    return { title, say, open, differs: new Set(all.map(say)).size > 1, said: OWN.test(title) || !is ? '' : tell(is, title === 'Words' ? is : top), usual: title === 'Words' ? SAME_WORDS : is && say(is), cell: x => cell(title, say, x) };
  });
  const first = { title: settled(c) ? 'Decided' : 'Proposal',
    cell: r => (OWN.test(r.title) ? h('td', {}) : cell(r.title, x => (r.title === 'Words' ? extent(x, x) : r.say(x)), is, r.open)) };
  return cols.length < MOST_COLUMNS ? wideTable(cols, rows, first) : tallTable(cols, rows, first);
}

// ---------- in words ----------
const split = c => Object.values(c.votes).some(v => Object.keys(v).length > 1);
const by = row => [row.by, row.when ?? 'just now'].filter(Boolean).join(', ');
function outcome(row) {
  const what = { accept: 'The proposal was accepted', set: 'Decided otherwise than proposed', reject: 'Decided that this is no label', add: 'Added: all had missed it' }[row.action];
  return `${what} · ${by(row)}`;
}
export function reasons(c) {
  const was = c.decision_row;
  if (settled(c)) return [outcome(was)];
  const before = c.stale && was && was.action !== 'clear' ? [`Decided before: ${was.action === 'reject' ? 'no label' : was.gold && told(was.gold)} (${by(was)}). The labels changed since, so it is asked again.`] : [];
  const merged = c.stale && !before[0] ? ['Labels of an earlier decision are in this passage now, so it is asked again.'] : [];
  return [...before, ...merged, ...(c.why[0] ? c.why : before[0] ? [] : [`${split(c) ? 'The votes settle it' : 'They agree'}; nobody is asked. It can be changed all the same.`])];
}
export const number = c => `Passage ${at.clusters.indexOf(c) + 1} of ${at.clusters.length}`;
export function brief(c) {
  const x = c && proposal(c), offered = x && !settled(c) && !lacks(x) ? ` Proposed: ${told(x)}.` : '';
  return c && `${number(c)}: ${stateOf(c)}. ${reasons(c).join(' ')}${offered}`;
}
const stateOf = c => (waits(c) ? c.stale ? 'asked again' : c.tag : settled(c) ? TAGS[c.decision_row.action] : split(c) ? 'by votes' : 'agree');

// ---------- painting ----------
function list1(c, n) {
  const state = c.trouble ? 'not accepted' : stateOf(c);
  return h('li', { class: waits(c) || c.trouble ? 'waits' : settled(c) ? 'decided' : 'same' },
    h('button', { type: 'button', 'data-cmd': 'go', 'data-arg': n, ...(n === at.i ? { 'aria-current': 'true' } : {}) },
      h('span', { class: 'n' }, String(n + 1)), h('span', { class: 'q' }, textOf(c)), h('span', { class: 'tag' }, state)));
}
export function paintList() {
  const had = list.contains(document.activeElement) && $$('button', list).indexOf(document.activeElement);
  list.replaceChildren(...at.clusters.map(list1));
  if (had !== false) $$('button', list)[had]?.focus({ preventScroll: true });
  const n = asked().length, left = waiting().length;
  for (const el of $$('.decided-n')) el.textContent = `${n - left} of ${n} decided`;
  const now = $('[aria-current]', list);
  if (now && list.scrollHeight > list.clientHeight) list.scrollTop = now.parentNode.offsetTop - list.clientHeight / 3;
}
export function paintPanel() {
  const c = here(), left = waiting();
  $('#over').hidden = !!c || !!at.draft;
  $('#one').hidden = !c;
  if (!c) { $('#over h2').textContent = left.length ? `${plural(left.length, 'passage')} to decide` : asked().length ? `All ${asked().length} decided` : 'Nothing to decide here'; return; }
  $('#title').textContent = number(c);
  $('#state').textContent = c.trouble ? 'not accepted' : stateOf(c);
  $('#why').replaceChildren(...reasons(c).map(x => h('li', {}, x)));
  $('#quote').textContent = textOf(c);
  $('#table').replaceChildren(table(c));
  const lack = lacks(proposal(c));
  $('#accept span').textContent = !waits(c) ? 'Go on' : lack ? `Choose the ${LACKING[lack]}` : 'Accept the proposal';
  $('#undo').disabled = !at.done.length;
  $('#redo').disabled = !at.undone.length;
  paintTrouble(c.trouble);
}
function paintTrouble(trouble) {
  $('#trouble').hidden = !trouble;
  if (!trouble) return;
  $('#trouble p').textContent = trouble.message;
  $('#mine').textContent = trouble.yours;
}
