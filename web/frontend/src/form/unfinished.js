// The first date or time that is begun and not complete: for the browser, and so for the form, it is as good as empty.
export default root => [...root.querySelectorAll('input')].find(({ validity }) => validity.badInput);
