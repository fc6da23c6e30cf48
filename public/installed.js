// What every page of an installed Roomful does beside the program: it begins the worker (public/sw.js)
// once the page is loaded, tells it which place is on the screen, and says when there is a newer
// release. Where a browser has no workers, or the house is on plain http, nothing of it happens.
'use strict';
{
  const workers = navigator.serviceWorker;
  const root = document.documentElement;
  const bar = document.getElementById('newer');
  /** The place on the screen is kept anew at most so often. */
  const KEEP_MS = 15_000;
  /** What comes within this is kept at once. */
  const SETTLE_MS = 1_000;
  /** How often a page that stays open looks for a newer release. */
  const LOOK_MS = 3_600_000;

  let registration;

  const tell = (what, ports) => (workers.controller ?? registration?.active)?.postMessage(what, ports ?? []);

  /** Asks a worker; never answered where it does not know the question. */
  const ask = (worker, what) =>
    new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => done(data);
      worker.postMessage(what, [port2]);
    });

  // ---- The place on the screen ----

  let [place, told, timer, dirty] = [location.pathname, Date.now(), 0, false];

  const keep = () => {
    clearTimeout(timer);
    [timer, told, dirty, place] = [0, Date.now(), false, location.pathname];
    tell({ place, keep: true });
  };

  const changed = () => {
    dirty = true;
    if (document.hidden || timer) return;
    const wait = location.pathname === place ? told + KEEP_MS - Date.now() : 0;
    timer = setTimeout(keep, Math.max(wait, SETTLE_MS));
  };

  const follow = () => {
    const log = document.getElementById('log');
    if (!log) return;
    const came = (changes) => changes.some((it) => [...it.addedNodes].some((one) => one.localName === 'article'));
    new MutationObserver((changes) => came(changes) && changed()).observe(log, { childList: true, subtree: true });
    // The program names the place it goes to in the title.
    const moved = new MutationObserver(() => location.pathname !== place && changed());
    moved.observe(document.querySelector('title'), { childList: true });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) tell({ place: location.pathname });
      if (dirty) (document.hidden ? keep : changed)();
    });
  };

  /** While the house cannot be reached, a click on a place that is kept loads the kept page. */
  const elsewhere = async (event) => {
    const link = event.target.closest('a[href]');
    const plain = event.isTrusted && !event.button && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const away = document.querySelector('.status [data-try]:not([hidden])');
    const place = link?.origin === location.origin && /^\/(chat|talk)\/[^/]+\/$/.test(link.pathname);
    if (!place || !plain || !away || !workers.controller) return;
    event.preventDefault();
    event.stopPropagation();
    const lines = await ask(workers.controller, { kept: true });
    // The program says of any other that it cannot be had.
    if (lines.some(({ path }) => path === link.pathname)) location.assign(link.href);
    else link.click();
  };

  // ---- A newer release ----

  const offer = async (worker) => {
    if ((await ask(worker, { release: true })) === bar.dataset.release) {
      // This page has it already: nobody need press anything.
      if (worker.state === 'installed') worker.postMessage({ activate: true });
      return;
    }
    bar.hidden = false;
    const [take, close] = bar.querySelectorAll('button');
    // It comes again with the next visit, or the next release.
    close.onclick = () => (bar.hidden = true);
    take.onclick = () => {
      const reload = () => worker.state === 'activated' && location.reload();
      worker.addEventListener('statechange', reload);
      worker.postMessage({ activate: true });
      reload();
    };
  };

  const look = () => {
    if (registration.waiting) offer(registration.waiting);
  };

  let looked = Date.now();
  const lookAgain = () => {
    if (document.hidden || !navigator.onLine || Date.now() - looked < LOOK_MS) return;
    looked = Date.now();
    registration.update().catch(() => {});
  };

  // ---- What concerns me: the bell, and the app's badge, which says the same ----

  const header = document.querySelector('header.top, header.place');
  let badge;

  const say = () => {
    const bell = header.querySelector('.bell b');
    const count = parseInt(bell?.textContent) || 0;
    // Where the program is not installed there is no badge, and nothing comes of it.
    if (bell && count !== badge) navigator.setAppBadge?.((badge = count)).catch(() => {});
  };

  /** Where the program keeps no connection, the bell is as a page of now has it. */
  const renew = async () => {
    const bell = document.querySelector('.top .bell');
    if (!bell || document.hidden) return;
    const answer = await fetch(bell.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
    const now = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('.top .bell');
    if (!now) return;
    for (const name of ['aria-label', 'title']) bell.setAttribute(name, now.getAttribute(name));
    bell.lastElementChild.textContent = now.lastElementChild.textContent;
  };
  const renewed = () => renew().catch(() => {});

  if (header) {
    say();
    new MutationObserver(say).observe(header, { childList: true, subtree: true, characterData: true });
    document.addEventListener('visibilitychange', renewed);
    const panel = document.getElementById('panel-body');
    const looked = () => panel.querySelector('.notices') && renewed();
    if (panel) new MutationObserver(looked).observe(panel, { childList: true });
  }

  // ---- The page that stands in for one that cannot be had: it goes once the house answers again ----

  /** After the device says that it is online, its network is not always there at once. */
  const TRIES_MS = [0, 2_000, 5_000, 15_000];
  let leaving = false;

  const back = async () => {
    for (const wait of TRIES_MS) {
      await new Promise((done) => setTimeout(done, wait));
      const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
      // Whoever has chosen a place meanwhile is on the way there.
      if (leaving) return;
      if (answer?.headers.has('roomful-user')) return location.reload();
    }
  };

  // ---- The list of kept places, on that page ----

  const list = async (kept) => {
    addEventListener('online', back);
    addEventListener('beforeunload', () => (leaving = true));
    if (!workers?.controller) return;
    const lines = (await ask(workers.controller, { kept: true })).sort((a, b) => b.at - a.at);
    const time = new Intl.DateTimeFormat(root.lang, {
      month: 'short', day: 'numeric', hour: 'numeric', minute: 'numeric',
    });
    for (const { path, name, mark, last } of lines) {
      const item = kept.querySelector('template').content.cloneNode(true);
      const [link, sign, title, when, said] = ['a', 'span', 'b', 'time', 'p'].map((it) => item.querySelector(it));
      link.href = path;
      sign.className = mark.replace(/ (small|lit|present)\b/g, '');
      if (sign.classList.contains('face')) sign.textContent = [...name][0].toUpperCase();
      title.textContent = name;
      if (last) {
        when.dateTime = last.at;
        when.textContent = time.format(new Date(last.at));
        said.textContent = `${last.author}: ${last.text}`;
      }
      kept.append(item);
    }
    document.getElementById('kept-none').hidden = lines.length > 0;
  };

  const kept = document.getElementById('kept');
  if (kept) list(kept);

  // ---- Whoever logs out in one tab has done so in all of them ----

  const tabs = new BroadcastChannel('roomful');
  const mine = document.querySelector('[data-leaves]');
  if (!mine && !kept) tabs.postMessage('');
  tabs.onmessage = async () => {
    const answer = mine && (await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).catch(() => null));
    if (answer?.headers.get('roomful-user') === '') location.reload();
  };

  // ---- What another program shared stands in the composer: loading the page anew brings it no more ----

  if (new URLSearchParams(location.search).has('draft')) history.replaceState(null, '', location.pathname);

  // ---- What is shown once is copied. The way by the selection works on plain http too ----

  addEventListener('click', ({ target }) => {
    const button = target.closest('[data-copies]');
    if (!button) return;
    button.previousElementSibling.select();
    if (document.execCommand('copy')) button.dataset.copies = 'done';
  });

  // ---- Notifications on this device (the page /devices) ----

  /** How long the worker that is told of things may take to be there. */
  const READY_MS = 10_000;

  const manager = async () => {
    const late = new Promise((_, no) => setTimeout(no, READY_MS));
    return (await Promise.race([workers.ready, late])).pushManager;
  };

  /** What was sent of this browser last, and the house's key for it; until it is turned off here. */
  const MARK = 'roomful-device';

  const mark = (sent) => {
    try {
      if (sent) localStorage.setItem(MARK, JSON.stringify(sent));
      else localStorage.removeItem(MARK);
    } catch {
      // This browser keeps nothing: it will not be known that it has another address.
    }
  };

  const turnOff = async () => {
    mark(null);
    return (await (await manager()).getSubscription())?.unsubscribe();
  };

  const subscribe = async (key) => {
    const sign = { '-': '+', _: '/' };
    const applicationServerKey = Uint8Array.from(atob(key.replace(/[-_]/g, (it) => sign[it])), (it) => it.charCodeAt());
    return (await manager()).subscribe({ userVisibleOnly: true, applicationServerKey });
  };

  /** The push service gave it another address, and the worker could not say so: the house was away, or the
   *  browser did not tell it which. */
  const sayAnew = async () => {
    const sent = JSON.parse(localStorage.getItem(MARK));
    if (!sent || Notification.permission !== 'granted') return;
    const way = (await (await manager()).getSubscription()) ?? (await subscribe(sent.key));
    const { endpoint, keys } = way.toJSON();
    if (endpoint === sent.endpoint) return;
    const body = new URLSearchParams({ endpoint, ...keys, before: sent.endpoint });
    const headers = { accept: 'application/json' };
    const answer = await fetch('/api/subscribe_device', { method: 'POST', headers, body });
    if (answer.ok) mark({ ...sent, endpoint });
  };

  /** Asks this browser for a way to be told of something, and sends that with the form. */
  const turnOn = async (form) => {
    const { pushOn, denied, failed } = form.dataset;
    const say = (what) => (form.querySelector('[role=status]').textContent = what);
    say('');
    try {
      if ((await Notification.requestPermission()) !== 'granted') return say(denied);
      const ask = () => subscribe(pushOn);
      // One that another house at this address had made is in the way.
      const way = await ask().catch(() => turnOff().then(ask));
      const { endpoint, keys } = way.toJSON();
      for (const [name, value] of Object.entries({ endpoint, ...keys })) {
        if (form.elements[name]) form.elements[name].value = value;
      }
      mark({ endpoint, key: pushOn });
      // Not from within its own submit event, where a browser that has all this at hand still is.
      setTimeout(() => form.requestSubmit());
    } catch {
      say(failed);
    }
  };

  const can = workers && 'PushManager' in window && 'Notification' in window;
  root.dataset.push = can ? 'can' : 'cannot';
  if (can) {
    // Before whoever sends forms: this one has nothing in it yet.
    const sent = (event) => {
      const { target } = event;
      if (target.matches('[data-push-on]') && !target.elements.endpoint.value) {
        event.preventDefault();
        event.stopImmediatePropagation();
        turnOn(target);
      }
      if (target.matches('[data-leaves], [data-push-here] [action="/api/remove_device"]')) turnOff().catch(() => {});
    };
    addEventListener('submit', sent, true);
    addEventListener('load', () => sayAnew().catch(() => {}));
  }

  // ---- Begin ----

  const begin = async () => {
    try {
      registration = await workers.register('/sw.js');
    } catch {
      // Refused, as in some private windows; or the house is not there just now.
      return;
    }
    registration.addEventListener('updatefound', () => {
      const coming = registration.installing;
      coming.addEventListener('statechange', () => workers.controller && look());
    });
    look();
    document.addEventListener('visibilitychange', lookAgain);
    setInterval(lookAgain, LOOK_MS);
    await workers.ready;
    // A page that the worker did not answer it has not seen.
    if (workers.controller) tell({ place });
    else keep();
  };

  if (workers) {
    follow();
    document.addEventListener('click', elsewhere, true);
    addEventListener('load', begin);
    // Another tab took the newer release.
    workers.addEventListener('controllerchange', () => workers.controller && offer(workers.controller));
    workers.addEventListener('message', ({ data }) => {
      if (data.told) renewed();
      if (!data.go) return;
      // A link within the house is followed by the program, without loading a page.
      const link = document.createElement('a');
      link.href = data.go;
      (document.querySelector('.house') ?? document.body).append(link);
      link.click();
      link.remove();
    });
    // Whoever logs out leaves nothing private on this device.
    document.addEventListener('submit', ({ target }) => {
      if (target.hasAttribute('data-leaves')) tell({ forget: true });
    });
  }
}
