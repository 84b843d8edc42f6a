// What labels say, apart from any page: names of scheme and registry, what is missing, what goes on the wire.
const index = list => new Map(list.map(x => [x.id, x]));
const fold = s => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

const TAGS = [['on_target', false, 'off target'], ['ascribed', true, 'ascribed'], ['unsure', true, 'unsure']];
const ORIGINS = ['marked', 'repeated', 'alike', 'suggested'];
const SPEAKER_ORIGINS = ['picked', 'typed', 'confirmed', 'carried', 'repeated', 'alike'];

export const byPlace = (a, b) => a.start - b.start || b.end - a.end || (a.id < b.id ? -1 : 1);

// the first field without which the label cannot be stored; '' when nothing is missing
export const missing = x => (x.on_target && !x.stance ? 'stance' : x.on_target && !x.claim_type ? 'claim_type' : x.speaker ? '' : 'speaker');

export class Words {
  constructor({ stances, claim_types, speakers, defaults = {}, voice = '' }) {
    this.stances = index(stances);
    this.claims = index(claim_types);
    this.speakers = index(speakers);
    this.blank = () => ({ speaker: '', speaker_origin: 'picked', origin: 'marked', chain: [], stance: null, claim_type: null,
      on_target: true, ascribed: false, unsure: false, note: '', ...defaults });
    this.voice = voice;
  }

  name(id) { return this.speakers.get(id)?.name ?? id; }
  stance(x) { return this.stances.get(x.stance)?.word ?? ''; }
  claim(x) { return this.claims.get(x.claim_type)?.word ?? ''; }
  look(x) { return this.stances.get(x.stance)?.look ?? 'off'; }
  tags(x) { return TAGS.filter(([f, v]) => x[f] === v).map(t => t[2]); }
  of(x) { return [this.name(x.speaker), this.stance(x), this.claim(x), ...this.tags(x)].filter(Boolean).join(', '); }

  // what a change of one field is called: "value", "not unsure"
  changed(field, x) {
    const tag = TAGS.find(t => t[0] === field);
    if (tag) return x[field] === tag[1] ? tag[2] : { on_target: 'on target', ascribed: 'own words', unsure: 'no longer unsure' }[field];
    return { speaker: this.name(x.speaker), stance: this.stance(x), claim_type: this.claim(x) }[field] ?? { start: 'the words' }[field] ?? field;
  }

  // the registry's steps from the article's voice to the speaker, outermost first
  chain(id) {
    const documents = [...this.speakers.values()].filter(s => s.document_of === id && !s.gone);
    return id ? [...new Set([this.voice, documents.length === 1 && documents[0].id, id].filter(Boolean))] : [];
  }

  // type-ahead: the start of any word of name, alias (of three letters or more) or affiliation; `first` come first
  find(query, first = [], documents = false) {
    const q = fold(query), all = [...new Set([...first, ...this.speakers.keys()])].map(id => this.speakers.get(id));
    const open = all.filter(s => s && !s.gone && (documents ? !s.fresh : s.kind !== 'document'));
    if (!q) return open.slice(0, 9);
    const rank = s => {
      const starts = t => ` ${fold(t)}`.includes(` ${q}`), name = fold(s.name);
      return name.startsWith(q) ? 0 : starts(name) ? 1 : s.aliases.some(a => fold(a).length > 2 && starts(a)) ? 2 : starts(s.affiliation) ? 3 : 4;
    };
    return open.map(s => [rank(s), s]).filter(r => r[0] < 4).sort((a, b) => a[0] - b[0]).slice(0, 9).map(r => r[1]);
  }

  named(name, kind) { return [...this.speakers.values()].find(s => fold(s.name) === fold(name) && (!kind || s.kind === kind)); }

  // somebody who is not in the registry yet; the server makes a proposal of it
  propose({ name, kind, affiliation = '' }) {
    const id = this.named(name, kind)?.id ?? `new:${name}`;
    if (!this.speakers.has(id)) this.speakers.set(id, { id, name, kind, affiliation, aliases: [], fresh: true });
    return id;
  }

  toWire(x, base, text_sha256) {
    const { id, start, end, quote, stance, on_target, ascribed, claim_type, unsure, note } = x, s = this.speakers.get(x.speaker);
    return { id, text_sha256, start, end, quote, origin: ORIGINS.includes(x.origin) ? x.origin : 'marked',
      speaker: s?.fresh ? { name: s.name, kind: s.kind, affiliation: s.affiliation } : x.speaker,
      speaker_origin: SPEAKER_ORIGINS.includes(x.speaker_origin) ? x.speaker_origin : 'picked',
      chain: s?.fresh ? x.chain.slice(0, -1) : x.chain, stance, on_target, ascribed, claim_type, unsure, note, base };
  }

  fromWire({ text_sha256, base, revision, deleted, ...x }) {
    if (typeof x.speaker === 'string') return x;
    const speaker = this.propose(x.speaker);
    return { ...x, speaker, chain: x.chain.length ? [...x.chain, speaker] : [] };
  }
}
