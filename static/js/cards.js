// Cards: one for each label, level with the first line of its mark; the open one is pinned, the others make room.
// Marks never move the text: places and heights are measured once and kept until a resize. Of many cards only those
// near the window are drawn and laid out, since a thousand would cost every frame dearly; so would as many start marks.
import { byPlace, h, sign } from './labels.js';
import { desk, doc, labels, spans, wide, words } from './state.js';
import { shows } from './filter.js';
import { $ } from './ui.js';

const MANY = 80, known = new Map(), list = $('#cards');
let lines = [], band = [];      // where paragraphs begin: [y, offset, element]; from and to which y cards are drawn

export const cardOf = id => $(`[data-id="${id}"]`, list);
export const forget = id => { if (id) known.delete(id); else { known.clear(); lines = band = []; } };
// whether those near the window are not those that were
export function moved() {
  const { top } = desk.getBoundingClientRect();
  return labels.size > MANY && !(band[0] < -top - innerHeight / 4 && band[1] > innerHeight * 1.25 - top);
}

function face(x) {
  const st = words.stances.get(x.stance), claim = words.claim_types.get(x.claim_type), via = x.chain.slice(0, -1).filter(id => id !== words.voice), span = (c, ...kids) => h('span', c ? { class: c } : {}, ...kids);
  return h('button', { class: 'card-b', type: 'button', 'data-cmd': 'open', 'data-id': x.id },
    span('card-1', st && sign(st), h('b', {}, st?.word ?? 'off target'), claim && span('claim', claim.name)),
    span('card-2', span('', words.name(x.speaker)), ...words.tags(x).filter(t => t !== 'off target').map(t => h('em', {}, t))),
    via[0] && span('via', `via ${via.map(id => words.name(id)).join(' › ')}`),
    span('sr', Array.from(x.quote).slice(0, 60).join('')), x.note && span('card-3', x.note));
}
const card = (x, bare) => h('li', { class: `card ${words.look(x)}`, 'data-id': x.id }, !bare && face(x));

export function putCard(x) {
  const old = cardOf(x.id), had = old?.contains(document.activeElement), c = card(x);
  forget(x.id);
  old?.remove();
  list.insertBefore(c, [...list.children].find(o => byPlace(labels.get(o.dataset.id), x) > 0) || null);
  if (had) c.firstChild.focus();
}
export function putCards() {
  list.replaceChildren(...spans().sort(byPlace).map(x => {
    const c = card(x, labels.size > 300);      // filled in when it comes near
    c.hidden = !shows(x);
    return c;
  }));
}

export function layoutCards(openId) {
  const { top } = desk.getBoundingClientRect(), here = [], focused = document.activeElement.closest('.card');
  if (!lines[0]) lines = [...doc.paras].map(([p, [s]]) => [p.getBoundingClientRect().top - top, s.s, p]);
  band = labels.size > MANY && wide.matches ? [-top - innerHeight / 2, innerHeight * 1.5 - top] : [-Infinity, Infinity];
  const start = lines.findLast(([y]) => y < band[0])?.[1] ?? 0, end = lines.find(([y]) => y > band[1])?.[1] ?? Infinity;
  const far = (el, at, but) => el.classList.toggle('far', (at < start || at >= end) && !but);
  for (const [, at, p] of lines) far(p, at);
  for (const c of list.children) {
    const x = labels.get(c.dataset.id);
    if (far(c, x.start, x.id === openId || c === focused) || c.hidden) continue;
    if (!c.firstChild) c.append(face(x));
    here.push([c, x]);
  }
  if (!wide.matches) return;
  const at = here.map(([c, x]) => {
    if (!known.has(x.id)) {
      const [line] = doc.at(x.start).el.querySelector(`mark[data-id="${x.id}"]`)?.getClientRects() ?? [];
      known.set(x.id, { y: line ? line.top - top - 5 : 0, h: c.offsetHeight + 6 });
    }
    return { c, ...known.get(x.id) };
  }).sort((a, b) => a.y - b.y);
  const down = from => at.forEach((x, i) => { if (i >= from) x.top = Math.max(x.y, i ? at[i - 1].top + at[i - 1].h : 0); });
  down(0);
  const k = at.findIndex(x => x.c.dataset.id === openId);
  if (k > 0) {
    at[k].top = at[k].y;
    for (let i = k - 1; i >= 0; i--) at[i].top = Math.min(at[i].top, at[i + 1].top - at[i].h);
    down(k + 1);
  }
  list.classList.toggle('many', labels.size > MANY);      // so many cards do not slide, they just move
  for (const x of at) if (x.c.top !== x.top) x.c.style.setProperty('--y', `${x.c.top = x.top}px`);
}
