// Everything works without this file; it makes pages quicker and safer to use.
import htmx from 'htmx.org';
import './csrf.js';
import './confirm.js';
import './once.js';
import './menus.js';
import './keyboard.js';
import './uploads.js';
import './scanner.js';
import './toggles.js';
import './scroll.js';
import './diagram.js';
import './inbox.js';
import './draft.js';
import './session.js';
import './copy.js';
import './first-steps.js';
import './suggest.js';
import './codes.js';

window.htmx = htmx;
