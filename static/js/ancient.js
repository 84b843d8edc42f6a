// In a browser that is too old for the page's scripts: what others show without scripts, brought out. Any browser can read this.
(function () {
  if (window.Map && Map.groupBy && Intl.Segmenter) return;
  for (var all = document.querySelectorAll('noscript, .scripted, button[data-cmd]'), i = 0; i < all.length; i++) {
    all[i].outerHTML = all[i].nodeName === 'NOSCRIPT' ? all[i].textContent : '';
  }
})();
