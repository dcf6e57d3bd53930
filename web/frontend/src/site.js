// What every page loads: the look, htmx and small manners.
//
//   <html lang="zh|en" data-zone="Asia/Shanghai">
//   <meta name="csrf-token" content="…">            the token of the session
//   <body data-person="key" data-account="name" data-sign-in="/sign-in">
//   <div id="problem" aria-live="assertive"></div>  where htmx puts what the server refused (errors/fragment.html)
//   <button data-toggles="menu" aria-expanded="false">  shows and hides #menu (class `show`)
//   <textarea data-phrases='["同意。"]'>              gets a menu of stock phrases
//   <button data-prints>                            prints
import '@tabler/core/dist/css/tabler.min.css';
import './look.css';
import boxes from './page/boxes.js';
import composing from './page/composing.js';
import partial from './page/partial.js';
import print from './page/print.js';
import toggle from './page/toggle.js';

composing();
partial();
boxes();
print();
toggle();
