// What labels say and how they are drawn. webapp/views/article_html.py draws the same on the server.
const index = list => new Map(list.map(x => [x.id, x]));
const fold = s => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
const SWITCHES = { on_target: [false, 'off target', 'on target'], ascribed: [true, 'ascribed', 'not ascribed'], unsure: [true, 'unsure', 'not unsure'] };

export const byPlace = (a, b) => a.start - b.start || b.end - a.end || (a.id < b.id ? -1 : 1);
const bySize = (a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start || (a.id < b.id ? -1 : 1);
const touches = (s, e) => x => x.start < e && s < x.end;
export const touching = (list, s, e) => list.filter(touches(s, e)).sort(bySize);

// the first field without which the label cannot be stored; '' when nothing is missing
export const missing = x => (x.on_target && ['stance', 'claim_type'].find(f => !x[f])) || (x.speaker ? '' : 'speaker');

// The names of a scheme and a registry.
export class Words {
  constructor(given) {
    Object.assign(this, given);
    for (const f of ['stances', 'claim_types', 'speakers']) this[f] = index(given[f]);
  }

  blank() {
    return { speaker: '', speaker_origin: 'picked', origin: 'marked', chain: [], stance: null, claim_type: null,
      on_target: true, ascribed: false, unsure: false, note: '', ...this.defaults };
  }

  name(id) { return this.speakers.get(id)?.name ?? id; }
  stance(x) { return this.stances.get(x.stance)?.word; }
  claim(x) { return this.claim_types.get(x.claim_type)?.word; }
  look(x) { return this.stances.get(x.stance)?.look ?? 'off'; }
  tags(x) { return [...Object.entries(SWITCHES).filter(([f, [v]]) => x[f] === v).map(([, s]) => s[1]), ...(x.origin === 'simulated' ? ['simulated'] : [])]; }
  of(x) { return [x.speaker && this.name(x.speaker), this.stance(x), this.claim(x), ...this.tags(x)].filter(Boolean).join(', '); }

  // what a change of one field is called: "value", "not unsure"
  changed(field, x) {
    const s = SWITCHES[field];
    return s ? s[x[field] === s[0] ? 1 : 2] : { speaker: this.name(x.speaker), stance: this.stance(x), claim_type: this.claim(x), start: 'the words' }[field] ?? field ?? 'the label';
  }

  // the registry's steps from the article's voice to the speaker, outermost first
  chain(id) {
    const papers = [...this.speakers.values()].filter(s => s.document_of === id && !s.gone);
    return id ? [...new Set([this.voice, papers.length === 1 && papers[0].id, id])].filter(Boolean) : [];
  }

  // type-ahead: the start of any word of name, alias (of three letters or more) or affiliation; those of `first` come first
  find(query, first = [], papers = false) {
    const q = fold(query), starts = t => ` ${fold(t)}`.includes(` ${q}`);
    const rank = s => [fold(s.name).startsWith(q), starts(s.name), s.aliases.some(a => fold(a).length > 2 && starts(a)), starts(s.affiliation)].indexOf(true);
    return [...new Set([...first, ...this.speakers.keys()])].map(id => this.speakers.get(id))
      .filter(s => s && !s.gone && (papers ? !s.fresh : s.kind !== 'document' || s.fresh))
      .map(s => [q ? rank(s) : 0, s]).filter(r => r[0] >= 0).sort((a, b) => a[0] - b[0]).slice(0, 9).map(r => r[1]);
  }

  named(name, kind) { return [...this.speakers.values()].find(s => fold(s.name) === fold(name) && (!kind || s.kind === kind)); }

  // somebody who is not in the registry yet; the server makes a proposal of it
  propose(s) {
    const id = this.named(s.name, s.kind)?.id ?? `new:${s.name}`;
    if (!this.speakers.has(id)) this.speakers.set(id, { aliases: [], ...s, id, fresh: true });
    return id;
  }

  toWire(x, base, text_sha256) {
    const { fresh, name, kind, affiliation } = this.speakers.get(x.speaker) ?? {}, out = {};
    for (const f of ['id', 'start', 'end', 'quote', ...Object.keys(this.blank())]) out[f] = x[f];
    for (const [f, usual] of [['origin', 'marked'], ['speaker_origin', 'picked']]) if (/imported|simulated/.test(out[f])) out[f] = usual;    // only the server gives these
    if (fresh) Object.assign(out, { speaker: { name, kind, affiliation }, chain: out.chain.slice(0, -1) });
    return { ...out, text_sha256, base };
  }

  fromWire({ text_sha256, base, revision, deleted, ...x }) {
    if (!x.speaker.name) return x;
    const speaker = this.propose(x.speaker);
    return { ...x, speaker, chain: x.chain.length ? [...x.chain, speaker] : [] };
  }
}

// ---------- drawing ----------
// h('li', { class: 'card', 'data-id': 1 }, 'text', node)
export function h(tag, attrs, ...kids) {
  const el = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) el.setAttribute(k, v);
  el.append(...kids.filter(Boolean));
  return el;
}
export const sign = stance => h('i', { class: `g ${stance.sign}`, 'aria-hidden': 'true' }, stance.glyph);

// who reports whom, outermost first; each but the speaker can be taken out
export function drawChain(box, ids, words) {
  if (box.dataset.ids === ids.join()) return;         // a click on a link must find it where it was
  box.dataset.ids = ids.join();
  box.replaceChildren(...ids.map((id, i) => h('li', {}, words.name(id), ids[i + 1] ? h('button', { type: 'button', 'data-cmd': 'unchain', 'data-arg': i, 'aria-label': `Remove ${words.name(id)}` }, '×')
    : h('small', {}, 'speaker of record'))));
}

// the line under the words for each label: shorter spans lie nearer
export function levels(spans) {
  const lev = new Map();
  for (const a of [...spans].sort(bySize)) {
    const used = new Set([...lev.keys()].filter(touches(a.start, a.end)).map(o => lev.get(o)));
    let n = 0;
    while (used.has(n)) n++;
    lev.set(a, n);
  }
  return lev;
}

// [[from, to, spans that cover it, outermost first]]: the text between a and b, cut so that marks nest
export function cut(a, b, spans) {
  const at = [...new Set([a, b, ...spans.flatMap(x => [Math.max(a, x.start), Math.min(b, x.end)])])].sort((x, y) => x - y);
  return at.slice(1).map((hi, i) => [at[i], hi, spans.filter(x => x.start <= at[i] && x.end >= hi)]);
}

export function nest(sent, doc, spans, mark) {
  let stack = [], els = [sent.el];
  sent.el.replaceChildren();
  for (const [lo, hi, want] of cut(sent.s, sent.tail, spans)) {
    let keep = 0;
    while (keep < stack.length && stack[keep] === want[keep]) keep++;
    els.length = keep + 1;
    for (const x of want.slice(keep)) {
      const el = mark(x, lo === x.start, x.end <= sent.tail);
      els.at(-1).append(el);
      els.push(el);
    }
    stack = want;
    els.at(-1).append(doc.slice(lo, hi));
  }
}

// Rebuild the marks of these paragraphs; `draft` are the marked words, `active` is the id of the raised label.
export function paint(doc, paras, labels, { words, draft, active }) {
  for (const p of paras) {
    const ss = doc.paras.get(p), here = labels.filter(touches(ss[0].s, ss.at(-1).tail)).sort(byPlace), lev = levels(here);
    const mark = (x, first, last) => (x === draft ? h('mark', { class: `draft${first ? ' from' : ''}${last ? ' to' : ''} edge-${x.edge}` })
      : h('mark', { class: `${words.look(x)} l${Math.min(lev.get(x), 3)}${first ? ' first' : ''}${x.id === active ? ' on' : ''}`, 'data-id': x.id }));
    for (const s of ss) {
      const on = here.filter(touches(s.s, s.tail));
      nest(s, doc, draft && touches(s.s, s.tail)(draft) ? [draft, ...on] : on, mark);
      if (on.length) s.el.setAttribute('aria-description', `${on.length} label${on[1] ? 's' : ''}: ${on.map(x => words.of(x)).join('; ')}`);
      else s.el.removeAttribute('aria-description');
    }
  }
}

// The rail: one tick per sentence, as long as the sentence, in the look of its labels.
export function paintRail(rail, doc, look) {
  for (const s of doc.sents) {
    const c = look(s), el = rail.children[s.i] ?? rail.appendChild(h('i', { 'data-i': s.i }));
    if (el.dataset.c === c) continue;
    el.dataset.c = el.className = c;
    el.style.flexGrow = s.tail - s.s;
  }
}
