import { h } from './labels.js';

// A text field with a list under it. on: find(query), choose(id, how), more(query) -> words for a last entry, make(query), left(escaped)
export class Combo {
  constructor(input, list, on) {
    Object.assign(this, { input, list, on });
    input.addEventListener('focus', () => this.show(''));
    input.addEventListener('input', () => this.show(input.value.trim()));
    input.addEventListener('blur', () => { this.point(-1, true); on.left(); });
    input.addEventListener('keydown', e => { if (!e.isComposing && this.key(e.key)) { e.preventDefault(); e.stopPropagation(); } });
    list.addEventListener('mousedown', e => {
      e.preventDefault();
      this.take([...list.children].indexOf(e.target.closest('li')), 'picked');
    });
  }

  show(query) {
    const { list, on } = this, more = query && on.more?.(query), picks = on.find(query).map(p => ({ ...p, about: [p.kind, p.affiliation].filter(Boolean).join(' · ') }));
    if (more) picks.push({ name: more, about: 'not in the registry yet' });
    this.typed = query;
    this.soon = this.picks = picks;
    this.hot = query ? 0 : -1;
    requestAnimationFrame(() => requestAnimationFrame(() => {      // what is typed is seen a frame before what it finds
      if (this.soon !== picks) return;
      list.replaceChildren(...picks.map((p, i) => h('li', { role: 'option', id: `${list.id}-${i}` },
        h('kbd', { 'aria-hidden': 'true' }, !query && i + 1), h('b', {}, p.name), h('span', {}, p.about))));
      this.point(this.hot, !picks.length);
    }));
  }

  point(i, hidden) {
    const { input, list } = this;
    this.hot = i;
    if (hidden) this.soon = 0;
    list.hidden = hidden;
    input.setAttribute('aria-expanded', !hidden);
    [...list.children].forEach((li, n) => li.setAttribute('aria-selected', n === i));
    input.setAttribute('aria-activedescendant', list.children[i]?.id ?? '');
    if (!hidden) list.children[i]?.scrollIntoView({ block: 'nearest' });
  }

  take(i, how) {
    const p = this.picks[i];
    if (!p) return;
    this.point(-1, true);
    if (p.id) this.on.choose(p.id, how); else this.on.make(this.typed);
  }

  key(key) {
    const n = this.picks.length, step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (/^[1-9]$/.test(key) && !this.typed && this.picks[key - 1]) this.take(key - 1, 'picked');
    else if (step && n) this.point(this.hot < 0 && step < 0 ? n - 1 : (this.hot + step + n) % n, false);
    else if (key === 'Enter') this.take(this.hot, 'typed');
    else if (key === 'Escape') this.on.left(true);
    else return false;
    return true;
  }
}
