// On the sign-in page: how many labels are kept in this browser until their annotator is signed in again.
const found = r => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });

async function kept() {
  const request = indexedDB.open('stancemark');
  request.onupgradeneeded = () => request.transaction.abort();  // there is none yet, and this page makes none
  const db = await found(request);
  const all = await Promise.all([...db.objectStoreNames].map(name => found(db.transaction(name).objectStore(name).getAll())));
  db.close();
  return new Set(all.flat().map(operation => operation.label?.id).filter(Boolean)).size;
}

const count = await kept().catch(() => 0);
if (count) {
  const line = document.querySelector('#waiting');
  line.textContent = `${count} ${count === 1 ? 'label waits here and is' : 'labels wait here and are'} sent after you sign in.`;
  line.hidden = false;
}
