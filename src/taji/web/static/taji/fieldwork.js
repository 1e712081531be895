// Says when an answer did not reach the server, and sends what was given before the scripts came;
// everything else works without scripts.
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

  // The form is autocomplete=off: what differs from what was served is the writer's own.
  function touched(field) {
    if (field.type === "hidden" || field.type === "file") { return false; }
    if (field.type === "checkbox" || field.type === "radio") {
      return field.checked !== field.defaultChecked;
    }
    if (field.options) {
      return [].some.call(field.options, function (option) {
        return option.selected && !option.defaultSelected && option.value !== "";
      });
    }
    return field.value !== field.defaultValue;
  }
  document.addEventListener("DOMContentLoaded", function () { // htmx listened first
    document.querySelectorAll("fieldset[hx-post]").forEach(function (line) {
      var field = [].find.call(line.elements, touched);
      if (!field) { return; }
      var clicked = field.type === "checkbox" || field.type === "radio";
      if (clicked || field !== document.activeElement) { // who still types will leave the field
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  });
})();
