// The account page: light, dark or as the system has it, kept on the server and in a cookie.
const panel = document.querySelector('#scheme');
panel.hidden = false;
panel.addEventListener('change', async e => {
  if (e.target.value) document.documentElement.dataset.scheme = e.target.value;
  else delete document.documentElement.dataset.scheme;
  await fetch('/account/preferences', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content },
    body: JSON.stringify({ name: 'scheme', value: e.target.value }),
  });
});
