// Says when an answer did not reach the server; everything else works without scripts.
(function () {
  "use strict";
  function show(lost) {
    var box = document.getElementById("unsaved");
    if (box) { box.hidden = !lost; }
  }
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { show(true); });
  });
  document.addEventListener("htmx:afterSwap", function () { show(false); });
})();
