//! My devices: which browsers are told of what concerns me while I do not look. A browser is turned on by
//! a script, after a click (`public/installed.js`); everything else is plain forms.

use super::{
    DeviceLine, Devices, Returned, Shell, agent,
    document::{Outside, outside},
    parts::{page, press, refused, times},
};
use crate::words::{Word, Words, words};
use leptos::prelude::*;

/// My devices.
#[must_use]
pub fn devices(shell: &Shell, data: Devices, returned: Option<Returned>) -> String {
    let title = Words::of(shell.lang).say(Word::DevicesTitle);
    outside(shell, Outside::new(title, "sheet-page"), || {
        let w = words();
        let is_on = data.devices.iter().any(|device| device.this);
        let this = if is_on {
            view! { <p class="push-is-on">{w.say(Word::DeviceIsOn)}</p> }.into_any()
        } else {
            turn_on(shell, data.key).into_any()
        };
        let any = !data.devices.is_empty();
        let lines = data.devices.into_iter().map(|device| line(shell, device)).collect_view();
        view! {
            <h1>{title}</h1>
            {refused(returned.as_ref())}
            {data.tested.then(|| view! { <p class="notice" role="status">{w.say(Word::DeviceTested)}</p> })}
            <p class="quiet">{w.say(Word::DevicesMeans)}</p>
            {this}
            {any.then(|| view! { <ul class="lines devices">{lines}</ul> })}
            {shell.way_back()}
        }
    })
}

/// Filled in by the script, which asks the browser once it is pressed. Where there is no script, or no
/// way to be told of anything, it says so instead.
fn turn_on(shell: &Shell, key: String) -> impl IntoView + use<> {
    let w = words();
    view! {
        <form
            class="push-on"
            method="post"
            action="/api/subscribe_device"
            data-push-on=key
            data-denied=w.say(Word::DeviceDenied)
            data-failed=w.say(Word::DeviceFailed)
        >
            {page(shell)}
            <input type="hidden" name="endpoint"/>
            <input type="hidden" name="p256dh"/>
            <input type="hidden" name="auth"/>
            <button class="button">{w.say(Word::DeviceTurnOn)}</button>
            <p class="hint" role="status"></p>
        </form>
        <p class="push-cannot">{w.say(Word::DeviceCannot)}</p>
        <p class="push-asleep quiet">{w.say(Word::DeviceNeedsScript)}</p>
    }
}

fn line(shell: &Shell, device: DeviceLine) -> impl IntoView + use<> {
    let w = words();
    let since = match device.sent_at {
        Some(sent) => times(Word::DeviceSinceSent, &[device.made_at, sent]).into_any(),
        None => times(Word::DeviceSince, &[device.made_at]).into_any(),
    };
    let along = || vec![("device", device.id.clone())];
    view! {
        <li data-push-here=device.this.then_some("")>
            <div class="what">
                <b>{agent::in_words(&device.agent)}</b>
                {device.this.then(|| view! { <span class="tag">{w.say(Word::ThisOne)}</span> })}
                <p class="quiet">{since}</p>
                {device.failing.then(|| view! { <p class="failing">{w.say(Word::DeviceFailing)}</p> })}
            </div>
            <div class="device-acts">
                {press(shell, "/api/test_device", "button quiet", Word::DeviceTest, along())}
                {press(shell, "/api/remove_device", "button quiet", Word::DeviceRemove, along())}
            </div>
        </li>
    }
}
