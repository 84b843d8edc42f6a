// On the sign-in page: how many labels and decisions are kept in this browser until whoever made them is signed in again.
const found = r => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });

async function kept() {
  const request = indexedDB.open('stancemark');
  request.onupgradeneeded = () => request.transaction.abort();  // there is none yet, and this page makes none
  const db = await found(request);
  const all = await Promise.all([...db.objectStoreNames].map(name => found(db.transaction(name).objectStore(name).getAll())));
  db.close();
  const changes = all.flat(), labels = new Set(changes.map(change => change.label?.id).filter(Boolean)).size;
  return [[labels, 'label'], [changes.filter(change => 'key' in change).length, 'decision']].filter(([n]) => n);
}

const waiting = await kept().catch(() => []), one = waiting.length === 1 && waiting[0][0] === 1;
if (waiting.length) {
  const line = document.querySelector('#waiting'), what = waiting.map(([n, word]) => `${n} ${word}${n === 1 ? '' : 's'}`).join(' and ');
  line.textContent = `${what} ${one ? 'waits here and is' : 'wait here and are'} sent after you sign in.`;
  line.hidden = false;
}
