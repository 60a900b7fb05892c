//! A real Chromium for one test, driven over WebDriver. Debian's chromium and chromium-driver come
//! from one source package, so they always fit. Without them the test fails, unless `RASTRO_SKIP`
//! names `browser`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::{Lab, PASSWORD, skipped};

/// Chromedriver's own command for what the browser has logged since the last time.
#[derive(Debug)]
struct BrowserLog;

impl WebDriverCompatibleCommand for BrowserLog {
    fn endpoint(
        &self,
        base: &reqwest::Url,
        session: Option<&str>,
    ) -> Result<reqwest::Url, <reqwest::Url as FromStr>::Err> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }
    fn method_and_body(&self, _: &reqwest::Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// A command of the browser's own protocol, to the window in front.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base: &reqwest::Url,
        session: Option<&str>,
    ) -> Result<reqwest::Url, <reqwest::Url as FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }
    fn method_and_body(&self, _: &reqwest::Url) -> (reqwest::Method, Option<String>) {
        let body = json!({ "cmd": self.0, "params": self.1 });
        (reqwest::Method::POST, Some(body.to_string()))
    }
}

/// Keys that scanners end with, and others that are no character: the key, its name, its text and its number.
const NAMED_KEYS: [(Key, &str, &str, u32); 5] = [
    (Key::Enter, "Enter", "\r", 13),
    (Key::Tab, "Tab", "", 9),
    (Key::Escape, "Escape", "", 27),
    (Key::F4, "F4", "", 115),
    (Key::F6, "F6", "", 117),
];

/// Timers that are set from now on wait for `releaseTimers`, and keep their numbers.
const HOLD_TIMERS: &str = "const real = window.realTimers ??= { set: setTimeout, clear: clearTimeout, now: new Map(), n: 1e9 };\
    const held = new Map();\
    window.setTimeout = (f, ms, ...with_) => { held.set(++real.n, [f, ms, ...with_]); return real.n; };\
    window.clearTimeout = id => { if (!held.delete(id)) real.clear.call(window, real.now.get(id) ?? id); };\
    window.releaseTimers = () => {\
        window.setTimeout = real.set;\
        for (const [id, timer] of held) real.now.set(id, real.set.call(window, ...timer));\
        held.clear();\
    };";

/// Chromedriver, and the browser it started: that one would go on without it.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let Some(id) = self.0.id() else { return };
        // Each thread has its own list of those it has started.
        for thread in std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten()
        {
            let children = std::fs::read_to_string(thread.path().join("children"));
            for child in children.unwrap_or_default().split_whitespace() {
                if let Some(child) = child.parse().ok().and_then(Pid::from_raw) {
                    let _ = kill_process(child, Signal::KILL);
                }
            }
        }
    }
}

/// Starts chromedriver on a free port. It takes one port for two addresses, and ends if another one
/// was faster at the second: then it is started again.
async fn driver() -> (Driver, u16) {
    for _ in 0..5 {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is missing: scripts/setup.sh test, or RASTRO_SKIP=browser");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            let line = line.trim_end_matches('.');
            if let Some((_, port)) = line.rsplit_once("started successfully on port ") {
                return (Driver(driver), port.parse().unwrap());
            }
        }
    }
    panic!("chromedriver ended five times")
}

/// A browser with one window.
pub struct Browser {
    /// The WebDriver session.
    pub c: Client,
    base: String,
    _driver: Driver,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one for `lab`; nothing if the browser tests are left out by name.
    pub async fn start(lab: &Lab) -> Option<Self> {
        if skipped("browser") {
            eprintln!("skipped by RASTRO_SKIP: browser");
            return None;
        }
        let (driver, port) = driver().await;
        let profile = tempfile::tempdir().unwrap();
        let caps: Capabilities = serde_json::from_value(
            json!({ "goog:loggingPrefs": { "browser": "ALL" }, "goog:chromeOptions": { "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--window-size=1366,768", "--lang=es-MX",
            format!("--user-data-dir={}", profile.path().display()),
        ] } }),
        )
        .unwrap();
        let c = ClientBuilder::new(HttpConnector::new())
            .capabilities(caps)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        let base = format!("http://{}", lab.address);
        Some(Self { c, base, _driver: driver, profile })
    }

    /// The folder that its processes are started with.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }
    /// Opens a page of the server.
    pub async fn open(&self, path: &str) {
        self.c.goto(&format!("{}{path}", self.base)).await.unwrap();
    }
    /// Where the window is, without host.
    pub async fn path(&self) -> String {
        self.c.current_url().await.unwrap().path().to_owned()
    }
    /// The visible text of the page.
    pub async fn text(&self) -> String {
        self.js("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }
    /// Runs a script.
    pub async fn js(&self, script: &str) -> Value {
        self.c.execute(script, vec![]).await.unwrap()
    }
    /// Waits until a script gives something true.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        let began = Instant::now();
        loop {
            if let Ok(v) = self.c.execute(script, vec![]).await
                && !matches!(v, Value::Null | Value::Bool(false))
            {
                return v;
            }
            if began.elapsed() > Duration::from_secs(40) {
                let here = self.text().await;
                panic!("timed out: {what}; the page says: {here}");
            }
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
    }
    /// Types into the field `name` with real keys.
    pub async fn fill(&self, name: &str, value: &str) {
        let field = self.c.find(Locator::Css(&format!("main [name='{name}']"))).await;
        let field = field.unwrap_or_else(|e| panic!("no field {name}: {e}"));
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }
    /// Picks a radio button, a box or an entry of a list.
    pub async fn choose(&self, name: &str, value: &str) {
        let script = "const e = document.querySelector(`main [name='${arguments[0]}'][value='${arguments[1]}']`);\
            if (e) { e.scrollIntoView({block:'center'}); e.click(); return true; }\
            const s = document.querySelector(`main select[name='${arguments[0]}']`);\
            s.value = arguments[1]; s.dispatchEvent(new Event('change', {bubbles:true}));\
            return s.value === arguments[1];";
        let done = self.c.execute(script, vec![json!(name), json!(value)]).await.unwrap();
        assert_eq!(done, json!(true), "no choice {name} = {value}");
    }
    /// Presses the button that says `label` and waits for the next page.
    pub async fn press(&self, label: &str) {
        self.js("document.documentElement.dataset.old = '1'").await;
        let script = "const b = [...document.querySelectorAll('main button, .bar button')].find(b => b.textContent.trim().startsWith(arguments[0]));\
            if (!b) return false; b.scrollIntoView({block:'center'}); b.click(); return true;";
        let done = self.c.execute(script, vec![json!(label)]).await.unwrap();
        assert_eq!(done, json!(true), "no button {label}");
        self.until(
            label,
            "return document.readyState === 'complete' && !document.documentElement.dataset.old",
        )
        .await;
    }
    /// Follows the link of the page that says `label`.
    pub async fn press_link(&self, label: &str) {
        let link = self.c.find(Locator::LinkText(label)).await;
        let link = link.unwrap_or_else(|e| panic!("no link {label}: {e}"));
        link.click().await.unwrap();
    }
    /// Signs in as `login`, after whoever was there.
    pub async fn sign_in(&self, login: &str) {
        self.c.delete_all_cookies().await.unwrap();
        self.open("/es/entrar").await;
        self.fill("login", login).await;
        self.fill("password", PASSWORD).await;
        self.press("Entrar").await;
        assert!(!self.path().await.contains("entrar"), "{}", self.text().await);
    }
    /// Presses a key of the keyboard, by its WebDriver name, as a person does: not in the moment after
    /// a scanner's reading.
    pub async fn key(&self, key: Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keys".into())
            .then(KeyAction::Pause { duration: Duration::from_millis(350) })
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.c.perform_actions(keys).await.unwrap();
    }
    /// Cuts the window in front off from the network, or connects it again.
    pub async fn offline(&self, is: bool) {
        self.devtools("Network.enable", json!({})).await;
        let how = json!({ "offline": is, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", how).await;
    }
    /// No request to an address like one of these leaves the window in front.
    pub async fn blocks(&self, urls: &[&str]) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setBlockedURLs", json!({ "urls": urls })).await;
    }
    /// Makes the window in front a phone of 390 × 844 points, for fingers.
    pub async fn phone(&self) {
        let size = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let touch = json!({ "enabled": true, "maxTouchPoints": 5 });
        self.devtools("Emulation.setTouchEmulationEnabled", touch).await;
    }
    async fn devtools(&self, command: &'static str, with: Value) {
        self.c.issue_cmd(DevTools(command, with)).await.expect(command);
    }
    /// Nothing went wrong in the browser since this was last asked: no script failed, nothing was
    /// refused by the content policy, nothing was missing.
    pub async fn quiet(&self) {
        let severe = self.severe().await;
        assert!(severe.is_empty(), "{severe:#?}");
    }
    /// As [`Self::quiet`], but for answers with this status: a refused form is one.
    pub async fn quiet_but(&self, status: u16) {
        let expected = format!("responded with a status of {status} ");
        let mut severe = self.severe().await;
        severe.retain(|e| !e["message"].as_str().unwrap_or_default().contains(&expected));
        assert!(severe.is_empty(), "{severe:#?}");
    }
    async fn severe(&self) -> Vec<Value> {
        let log = self.c.issue_cmd(BrowserLog).await.expect("the browser's log");
        let entries = log.as_array().expect("a list").iter();
        entries.filter(|e| e["level"] == "SEVERE").cloned().collect()
    }
    /// The keystrokes of a scanner, with its Enter, played inside the browser.
    pub async fn scan(&self, text: &str) {
        self.scans(text, 2, &[Key::Enter]).await;
    }
    /// The keystrokes of a scanner that pauses `gap` ms between keys and ends with `ends`.
    ///
    /// Each key comes with the moment at which it arrived, as a system tells it to the browser: a machine that is
    /// busy with other tests passes keys on late, but no scanner types more slowly for that. Nor is it quiet between
    /// them: where the pauses are shorter than that, the page's timers begin after the last key.
    pub async fn scans(&self, text: &str, gap: u64, ends: &[Key]) {
        let is_fast = gap <= 20;
        if is_fast {
            self.js(HOLD_TIMERS).await;
        }
        let gap = Duration::from_millis(gap);
        let mut arrives = SystemTime::now();
        for c in text.chars().chain(ends.iter().map(|k| char::from(*k))) {
            self.keystroke(c, arrives).await;
            arrives += gap;
            // One that is too late is not waited for.
            let wait = arrives.duration_since(SystemTime::now()).unwrap_or_default();
            tokio::time::sleep(wait).await;
        }
        if is_fast {
            // The last key may have led to another page: that one's timers run.
            let _ = self.c.execute("window.releaseTimers?.()", vec![]).await;
        }
    }
    /// One key, pressed and let go at a moment.
    async fn keystroke(&self, c: char, at: SystemTime) {
        let named = NAMED_KEYS.iter().find(|(key, ..)| char::from(*key) == c);
        let (name, text, number) = match named {
            Some((_, name, text, number)) => ((*name).to_owned(), (*text).to_owned(), *number),
            None => (c.to_string(), c.to_string(), u32::from(c.to_ascii_uppercase())),
        };
        let code = match c {
            '0'..='9' => format!("Digit{c}"),
            'a'..='z' | 'A'..='Z' => format!("Key{}", c.to_ascii_uppercase()),
            _ => name.clone(),
        };
        let at = at.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let mut key = json!({
            "type": "keyDown", "timestamp": at, "key": name, "code": code,
            "windowsVirtualKeyCode": number, "text": text,
        });
        self.devtools("Input.dispatchKeyEvent", key.clone()).await;
        key["type"] = json!("keyUp");
        key.as_object_mut().unwrap().remove("text");
        self.devtools("Input.dispatchKeyEvent", key).await;
    }
    /// As [`Self::scans`], of a scanner that holds Alt and types each character's number on the keypad.
    pub async fn scans_by_numbers(&self, text: &str, gap: u64) {
        let pause = || KeyAction::Pause { duration: Duration::from_millis(gap) };
        let alt = char::from(Key::Alt);
        let mut keys = KeyActions::new("numbers".into());
        for c in text.chars() {
            keys = keys.then(KeyAction::Down { value: alt }).then(pause());
            for digit in format!("0{}", u32::from(c)).bytes() {
                // WebDriver's keys of the keypad stand in one row.
                let value = char::from_u32(0xE01A + u32::from(digit - b'0')).unwrap();
                keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
                keys = keys.then(pause());
            }
            keys = keys.then(KeyAction::Up { value: alt }).then(pause());
        }
        self.c.perform_actions(keys).await.unwrap();
    }
    /// On the station: picks the step, with what it needs, and scans.
    pub async fn station(&self, step: &str, needs: Option<(&str, &str)>, code: &str) -> Value {
        if !self.path().await.ends_with("estacion") {
            self.open("/es/estacion").await;
        }
        self.until("station ready", "return document.documentElement.dataset.ready === '1'").await;
        let script = "const set = (id, v) => { const e = document.getElementById(id); e.value = v; e.dispatchEvent(new Event('change')); return e.value === v; };\
            const ok = set('step', arguments[0]) && (!arguments[1] || set(arguments[1], arguments[2]));\
            document.activeElement.blur(); return ok;";
        let (field, value) = needs.unwrap_or(("", ""));
        let args = vec![json!(step), json!(field), json!(value)];
        assert_eq!(self.c.execute(script, args).await.unwrap(), json!(true), "no step {step}");
        let before = self.js("return document.getElementById('count').textContent").await;
        self.scan(code).await;
        let script = format!(
            "return document.getElementById('count').textContent !== {before} && document.getElementById('panel').dataset.kind"
        );
        self.until("the answer to a scan", &script).await
    }
    /// On the station: picks the step and scans what can't be saved now; the stop that follows must
    /// be wholly in sight.
    pub async fn station_unsaved(&self, step: &str, code: &str) -> String {
        let script = "const e = document.getElementById('step'); e.value = arguments[0];\
            e.dispatchEvent(new Event('change')); document.activeElement.blur()";
        self.c.execute(script, vec![json!(step)]).await.unwrap();
        self.scan(code).await;
        self.until("a stop", "return document.getElementById('panel').dataset.kind === 'stop'")
            .await;
        self.stop_in_sight().await;
        self.js("return document.getElementById('word').textContent").await.as_str().unwrap().into()
    }
    /// What a stop says, what to do next and its button stand inside the panel and the window.
    pub async fn stop_in_sight(&self) {
        let script = "const p = document.getElementById('panel').getBoundingClientRect();\
            return ['word', 'code', 'next', 'ack'].filter(id => { const r = document.getElementById(id).getBoundingClientRect();\
                const over = document.elementFromPoint(r.left + r.width / 2, r.bottom - 3);\
                return r.top < p.top || r.bottom > p.bottom || r.bottom > innerHeight || !r.height\
                    || !document.getElementById('panel').contains(over); })";
        // The panel has moved to its place after its animation.
        self.until(
            "the panel at rest",
            "return !document.getElementById('panel').getAnimations().length",
        )
        .await;
        assert_eq!(self.js(script).await, json!([]), "hidden parts of a stop");
    }
    /// Keeps a picture under the test's folder, and under `docs/img` if RASTRO_PICTURES is set.
    pub async fn picture(&self, name: &str) {
        let png = self.c.screenshot().await.unwrap();
        let dir = match std::env::var_os("RASTRO_PICTURES") {
            Some(_) => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/img"),
            None => PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
        };
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join(format!("{name}.png")), png).unwrap();
    }
    /// What every page must hold: no other host, at most 60 KB.
    pub async fn budget(&self) {
        let script = "const r = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'));\
            return [r.filter(e => new URL(e.name).host !== location.host).map(e => e.name),\
                r.reduce((n, e) => n + (e.encodedBodySize || 0), 0), document.documentElement.scrollWidth > innerWidth + 1];";
        let v = self.js(script).await;
        let path = self.path().await;
        assert_eq!(v[0], json!([]), "{path} asks another host");
        assert!(v[1].as_u64().unwrap() <= 60_000, "{path} weighs {}", v[1]);
        assert_eq!(v[2], json!(false), "{path} scrolls sideways");
    }
}
