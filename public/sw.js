// What works while the house cannot be reached, and what arrives while no page is open.
//
//   the browser's files   in Cache Storage, one cache for each release, asked there first
//   /offline              likewise: it is the same for everybody
//   pages of places       in a database of this device alone, for one person at a time: never in a
//                         cache, and gone when that person logs out or somebody else comes
//
// All else goes its way as if there were no worker. Where the browser refuses something (no room, a
// private window), the page is as it would be without.
'use strict';

/** What this release is made of; tools/site.mjs puts it in. */
const SITE = { version: '', files: [] };

const CACHE = `roomful-${SITE.version}`;
const OFFLINE = '/offline';
/** Files that most visits do not ask for: kept once they were. */
const RARE = /^\/[^/]*\.(txt|png)$/;
/** Whose page it is, as the server says; empty for a visitor. */
const WHOSE = 'roomful-user';
/** What may be shown of a kept page, and by which rules, is in these. */
const HEADERS = ['content-type', 'content-security-policy', 'cross-origin-opener-policy',
  'permissions-policy', 'referrer-policy', 'x-content-type-options'];
/** A page that is kept already is not waited for any longer. */
const PATIENCE_MS = 4_000;
/** So many pages are kept, those seen last… */
const MOST_PAGES = 30;
/** …of so many characters together… */
const MOST = 6_000_000;
/** …and of one release before this one. */
const MOST_RELEASES = 2;

/** Counts how often all was forgotten: what was asked before that comes too late to be kept. */
let forgotten = 0;

// ---- The release ----

addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([...SITE.files.filter((file) => !RARE.test(file)), OFFLINE]);
  })());
});

addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    // The worker need not have woken for the house to be asked.
    await registration.navigationPreload?.enable();
    await letGo();
  })());
});

/** Removes the files of releases that no kept page needs, and the pages of those that are too old. */
async function letGo() {
  const lines = await kept();
  lines.sort((a, b) => b.at - a.at);
  const releases = new Set([SITE.version]);
  for (const { release } of lines) if (releases.size < MOST_RELEASES) releases.add(release);
  const old = lines.filter(({ release }) => !releases.has(release));
  if (old.length > 0) await stored((of) => drop(of, old));
  for (const name of await caches.keys()) {
    if (name.startsWith('roomful-') && !releases.has(name.slice('roomful-'.length))) await caches.delete(name);
  }
}

// ---- What pages ask for ----

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate') event.respondWith(page(event, url));
  else if (url.pathname.startsWith('/pkg/') || SITE.files.includes(url.pathname)) {
    event.respondWith(file(event));
  }
});

/** A file of the browser's side: its name changes with its content, or a release with it. */
async function file(event) {
  const kept = await caches.match(event.request, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(event.request).catch(() => new Response(null, { status: 504 }));
  if (answer.status === 200) {
    const copy = answer.clone();
    event.waitUntil(caches.open(CACHE).then((cache) => cache.put(event.request, copy)).catch(() => {}));
  }
  return answer;
}

/** From the house; where it cannot be reached, as it was seen last, or what there is instead. */
async function page(event, url) {
  const answer = Promise.resolve(event.preloadResponse).then((it) => it ?? fetch(event.request));
  event.waitUntil(answer.then((it) => seen(url, it)).catch(() => {}));
  const kept = () => (isPlace(url.pathname) ? recall(url.pathname).catch(() => null) : null);
  const instead = async () => (await kept()) ?? caches.match(OFFLINE);
  const late = new Promise((done) => setTimeout(done, PATIENCE_MS)).then(kept).then((it) => it ?? answer);
  try {
    const first = await Promise.race([answer, late]);
    // What stands before the house says these where the house itself does not answer.
    const gone = [502, 503, 504].includes(first.status) && !first.headers.has(WHOSE);
    return gone ? ((await instead()) ?? first) : first;
  } catch {
    return (await instead()) ?? Response.error();
  }
}

function isPlace(path) {
  return /^\/(chat|talk)\/[^/]+\/$/.test(path);
}

// ---- Pages that are kept ----

/** A page came: whether it is to be kept, or all that is kept is to go. */
async function seen(url, answer) {
  const whose = answer.headers.get(WHOSE);
  // A redirect, a file, an answer that is not the house's own.
  if (whose === null || answer.type !== 'basic') return;
  let before = forgotten;
  const headers = HEADERS.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)]] : []));
  const html = await answer.clone().text();
  await Promise.all([dressed(html), renewed(html)]);
  // Nobody's page: whoever was here has logged out, or their session has ended.
  if (!whose) return forget();
  const known = await stored((of) => asked(of('whose').get('')));
  if (before === forgotten && known !== undefined && known !== whose) {
    const gone = forget();
    before = forgotten;
    await gone;
  }
  if (answer.status !== 200 || !isPlace(url.pathname)) return;
  // One that shows a certain message is not how the place opens: that is another page.
  if (url.search) return keep(url.pathname);
  const it = line(url.pathname, html);
  if (it && before === forgotten) await put(whose, it, { path: it.path, headers, html });
}

/** Asks for a place's page and keeps it. */
async function keep(path) {
  const answer = await fetch(path, { headers: { accept: 'text/html' }, cache: 'no-store' });
  await seen(new URL(answer.url), answer);
}

/** What the list of kept pages shows of one: where it is, and what was said there last. */
function line(path, html) {
  const data = /<script[^>]* id="house-data"[^>]*>(.*?)<\/script>/s.exec(html)?.[1];
  if (!data) return null;
  const { history, me } = JSON.parse(data);
  const last = history.messages.find(({ deleted, author }) => !deleted && !me?.blocked?.includes(author));
  return {
    path,
    at: Date.now(),
    size: html.length,
    release: releaseOf(html),
    name: history.to.slice(1),
    mark: /<header class="place".*?class="((?:face|window)[^"]*)"/s.exec(html)?.[1] ?? 'window small',
    last: last && { author: last.author, text: plain(last.body).slice(0, 200), at: last.at },
  };
}

/** What was said, without the signs that mark it up; and from the first to the last that hides something, all
 * stays hidden: how much of it is shown only the program knows. */
function plain(body) {
  return body
    .replace(/\|\|.*\|\|/gs, '▒▒▒')
    .replace(/\[([^\[\]\n]+)\]\([^()\s]+\)/g, '$1')
    .replace(/\*\*|~~|`+|^(?:> ?|#+ )/gm, '')
    .replace(/(?<!\w)([_*])(\S|\S.*?\S)\1(?!\w)/g, '$2');
}

function releaseOf(html) {
  return / data-release="(\w*)"/.exec(html)?.[1] ?? '';
}

/** The offline page speaks and looks as this reader chose: where that changed, it is asked for anew. */
async function dressed(html) {
  const dress = (html) => /<html[^>]*>/.exec(html)?.[0];
  const cache = await caches.open(CACHE);
  const kept = await cache.match(OFFLINE);
  if (!kept || dress(await kept.text()) !== dress(html)) await cache.add(OFFLINE).catch(() => {});
}

/** The house answers with another release than this one: it is looked for. */
async function renewed(html) {
  if (releaseOf(html) !== SITE.version) await registration.update().catch(() => {});
}

/** What the list shows of all that is kept. */
function kept() {
  return stored((of) => asked(of('lines').getAll())).catch(() => []);
}

async function recall(path) {
  const page = await stored((of) => asked(of('pages').get(path)));
  // The page knows by this that what it says of who is here may be long over.
  return page ? new Response(page.html.replace('<html', '<html data-kept'), { headers: page.headers }) : null;
}

/** Nothing private stays. */
async function forget() {
  forgotten += 1;
  await asked(indexedDB.deleteDatabase('roomful')).catch(() => {});
  for (const shown of await registration.getNotifications()) shown.close();
  await navigator.clearAppBadge?.().catch(() => {});
}

// ---- The device's own store ----

function asked(request) {
  return new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result);
    request.onerror = () => no(request.error);
  });
}

/** Does something in one transaction. */
async function stored(act) {
  const opening = indexedDB.open('roomful', 1);
  opening.onupgradeneeded = () => {
    // The pages, what the list shows of them, and whose they are: one value under ''.
    opening.result.createObjectStore('pages', { keyPath: 'path' });
    opening.result.createObjectStore('lines', { keyPath: 'path' });
    opening.result.createObjectStore('whose');
  };
  const database = await asked(opening);
  try {
    const turn = database.transaction(['pages', 'lines', 'whose'], 'readwrite');
    return await act((name) => turn.objectStore(name));
  } finally {
    // It closes once its transaction is through.
    database.close();
  }
}

function put(whose, it, page) {
  return stored(async (of) => {
    of('whose').put(whose, '');
    of('pages').put(page);
    await asked(of('lines').put(it));
    const lines = await asked(of('lines').getAll());
    lines.sort((a, b) => b.at - a.at);
    let size = 0;
    drop(of, lines.filter((one, n) => (size += one.size) > MOST || n >= MOST_PAGES));
  });
}

function drop(of, lines) {
  for (const { path } of lines) {
    of('pages').delete(path);
    of('lines').delete(path);
  }
}

// ---- What pages say (public/installed.js) ----

addEventListener('message', (event) => {
  const { data, ports } = event;
  const work = async () => {
    if (data.release) ports[0].postMessage(SITE.version);
    if (data.activate) await skipWaiting();
    if (data.forget) await forget();
    if (data.kept) ports[0].postMessage(await kept());
    if (data.place) {
      for (const shown of await registration.getNotifications()) {
        if (shown.data?.path === data.place) shown.close();
      }
      if (data.keep && isPlace(data.place)) await keep(data.place);
    }
  };
  event.waitUntil(work().catch(() => {}));
});

// ---- What arrives while no page is open ----

/** A path of this house, whatever a message names. */
function within(address) {
  const url = new URL(address ?? '/chat/', location.origin);
  return url.origin === location.origin ? url : new URL('/chat/', location.origin);
}

function windows() {
  return clients.matchAll({ type: 'window', includeUncontrolled: true });
}

addEventListener('push', (event) => {
  event.waitUntil((async () => {
    let told;
    try {
      told = event.data.json();
    } catch {
      return;
    }
    const { title, body, tag, url, badge, at } = told;
    // What says so much itself, and hears of it no other way, asks anew.
    for (const page of await windows()) page.postMessage({ told: true });
    const badged = Number.isInteger(badge) && navigator.setAppBadge?.(badge).catch(() => {});
    const to = within(url);
    // Whoever has it before them needs no second word of it.
    const open = (await windows()).some(
      (page) => page.visibilityState === 'visible' && page.focused && new URL(page.url).pathname === to.pathname,
    );
    if (open) return badged;
    // One for each conversation: a newer one takes its place, and makes no second sound.
    await registration.showNotification(title, {
      body,
      tag,
      renotify: false,
      icon: '/icon-192.png',
      badge: '/badge.png',
      timestamp: +new Date(at) || Date.now(),
      data: { path: to.pathname, address: to.pathname + to.search + to.hash },
    });
    await badged;
  })());
});

// The push service gives this browser another address now and then.
addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil((async () => {
    const { oldSubscription: old, newSubscription } = event;
    const options = old?.options ?? newSubscription?.options;
    const way = newSubscription ?? (options && (await registration.pushManager.subscribe(options)));
    if (!way) return;
    const { endpoint, keys } = way.toJSON();
    const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
    if (old) body.set('before', old.endpoint);
    await fetch('/api/subscribe_device', { method: 'POST', headers: { accept: 'application/json' }, body });
  })().catch(() => {}));
});

addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { path, address } = event.notification.data ?? { path: '/chat/', address: '/chat/' };
  event.waitUntil((async () => {
    const all = await windows();
    const best = all.find((page) => new URL(page.url).pathname === path) ?? all.find((page) => page.focused) ?? all[0];
    if (!best) return clients.openWindow(address);
    await best.focus().catch(() => {});
    best.postMessage({ go: address });
  })());
});
