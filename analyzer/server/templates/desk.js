// Keys for the buttons and links of the desk; without this script everything works by pointing and Tab.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (/^(TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.type === "text") return;
  const key = event.key.toLowerCase();
  const box = { b: "uncover", n: "none" }[key];
  const target = box ? document.getElementById(box) : document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});
