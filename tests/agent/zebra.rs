//! A scripted Zebra printer: answers `~HQES` and `~HS`, prints what stands between `^XA` and
//! `^XZ`, one label after another, and breaks as told.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::hooks::{Arrow, Hooks};

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Ok,
    /// Paper runs out when a label has come in, before it is printed.
    PaperRunsOut,
    /// Hangs up at the first bytes of a label.
    DiesMidJob,
    /// Prints, and answers nothing.
    Mute,
    /// Answers until it has a label, then nothing any more.
    FallsSilent,
    /// Never done: says that one label is left.
    NeverDone,
}

struct State {
    mode: Mode,
    paper_out: bool,
    paused: bool,
    silent: bool,
    waiting: VecDeque<String>,
    paper: Vec<String>,
    connections: usize,
    /// Milliseconds a label takes.
    pace: u64,
    /// Bytes a second that come through its cable; any number if 0.
    link: usize,
}

/// A printer on a port of its own.
#[derive(Clone)]
pub struct Zebra {
    state: Arc<Mutex<State>>,
    hooks: Hooks,
    pub address: SocketAddr,
}

impl Zebra {
    pub fn start(mode: Mode, hooks: &Hooks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State {
            mode,
            paper_out: false,
            paused: false,
            silent: mode == Mode::Mute,
            waiting: VecDeque::new(),
            paper: vec![],
            connections: 0,
            pace: 15,
            link: 0,
        };
        let zebra = Self {
            state: Arc::new(Mutex::new(state)),
            hooks: hooks.clone(),
            address: listener.local_addr().unwrap(),
        };
        let (mouth, motor) = (zebra.clone(), zebra.clone());
        std::thread::spawn(move || {
            for wire in listener.incoming().flatten() {
                let one = mouth.clone();
                std::thread::spawn(move || {
                    one.state.lock().unwrap().connections += 1;
                    one.serve(wire);
                });
            }
        });
        std::thread::spawn(move || motor.print());
        zebra
    }

    /// One connection at a time, and after each `rest` in which the next one is refused.
    pub fn resting(hooks: &Hooks, rest: Duration) -> Self {
        let zebra = Self::start(Mode::Ok, hooks);
        let (mouth, port) = (zebra.clone(), TcpListener::bind("127.0.0.1:0").unwrap());
        let address = port.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut port = Some(port);
            loop {
                let Some(Ok((wire, _))) = port.take().map(|p| p.accept()) else { return };
                mouth.state.lock().unwrap().connections += 1;
                mouth.serve(wire);
                std::thread::sleep(rest);
                port = TcpListener::bind(address).ok();
            }
        });
        Self { address, ..zebra }
    }

    /// Its cable carries so many bytes a second.
    pub fn set_link(&self, bytes_a_second: usize) {
        self.state.lock().unwrap().link = bytes_a_second;
    }

    /// The texts of the labels on paper, in order.
    pub fn paper(&self) -> Vec<String> {
        self.state.lock().unwrap().paper.clone()
    }
    /// How often somebody has connected.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
    /// How often `text` is on paper.
    pub fn copies(&self, text: &str) -> usize {
        self.state.lock().unwrap().paper.iter().filter(|p| *p == text).count()
    }
    /// Nothing is in it that may still come out.
    pub fn is_empty(&self) -> bool {
        self.state.lock().unwrap().waiting.is_empty()
    }
    pub fn set_paper_out(&self, out: bool) {
        let mut s = self.state.lock().unwrap();
        s.paper_out = out;
        if !out {
            s.mode = Mode::Ok;
        }
    }
    /// It behaves otherwise from now on.
    pub fn set_mode(&self, mode: Mode) {
        let mut s = self.state.lock().unwrap();
        (s.mode, s.silent, s.paper_out) = (mode, mode == Mode::Mute, false);
    }
    pub fn set_paused(&self, paused: bool) {
        self.state.lock().unwrap().paused = paused;
    }
    pub fn set_pace(&self, ms: u64) {
        self.state.lock().unwrap().pace = ms;
    }

    /// The motor: one label after the other.
    fn print(&self) {
        loop {
            let pace = self.state.lock().unwrap().pace;
            std::thread::sleep(Duration::from_millis(pace));
            let printed = {
                let mut s = self.state.lock().unwrap();
                let runs = !s.paper_out && !s.paused && s.mode != Mode::NeverDone;
                match s.waiting.pop_front() {
                    Some(label) if runs => {
                        s.paper.push(label);
                        true
                    }
                    Some(label) => {
                        s.waiting.push_front(label);
                        false
                    }
                    None => false,
                }
            };
            if printed {
                self.hooks.reach(Arrow::OnPaper);
            }
        }
    }

    fn serve(&self, mut wire: TcpStream) {
        let mut heard = String::new();
        let mut buffer = [0u8; 4096];
        let mut begun = false;
        loop {
            let link = self.state.lock().unwrap().link;
            let most = if link == 0 { buffer.len() } else { link / 10 };
            let Ok(n @ 1..) = wire.read(&mut buffer[..most]) else { return };
            if link > 0 {
                std::thread::sleep(Duration::from_millis(100));
            }
            heard.push_str(&String::from_utf8_lossy(&buffer[..n]));
            if !begun && heard.contains("^XA") {
                begun = true;
                if self.state.lock().unwrap().mode == Mode::DiesMidJob {
                    return;
                }
                self.hooks.reach(Arrow::GotBytes);
            }
            while let Some(answer) = self.next(&mut heard) {
                let Some(answer) = answer else { continue };
                if wire.write_all(answer.as_bytes()).is_err() {
                    return;
                }
                if begun && answer.starts_with("\x02030") && answer.contains("1245,000") {
                    self.hooks.reach(Arrow::Confirmed);
                }
            }
        }
    }

    /// Takes the next whole thing out of what was heard; gives what to answer to it.
    fn next(&self, heard: &mut String) -> Option<Option<String>> {
        let at = |what: &str| heard.find(what);
        let first = [at("~HQES\r\n"), at("~HS\r\n"), at("^XA")].into_iter().flatten().min()?;
        let mut s = self.state.lock().unwrap();
        let rest = heard[first..].to_owned();
        if let Some(rest) = rest.strip_prefix("~HQES\r\n") {
            *heard = rest.to_owned();
            let mask = if s.paper_out { "1 00000000 00000001" } else { "0 00000000 00000000" };
            let text = format!(
                "\x02\r\n  PRINTER STATUS\r\n   ERRORS:         {mask}\r\n   \
                 WARNINGS:       0 00000000 00000000\r\n\x03\r\n"
            );
            return Some((!s.silent).then_some(text));
        }
        if let Some(rest) = rest.strip_prefix("~HS\r\n") {
            *heard = rest.to_owned();
            // Documented: no answer when media are out.
            if s.silent || s.paper_out {
                return Some(None);
            }
            let (formats, paused) = (s.waiting.len(), u8::from(s.paused));
            return Some(Some(format!(
                "\x02030,0,{paused},1245,{formats:03},0,0,0,000,0,0,0\x03\r\n\
                 \x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
            )));
        }
        let end = rest.find("^XZ")? + 3;
        let text = rest[..end].split("^FD").nth(1).and_then(|t| t.split("^FS").next());
        s.waiting.push_back(text.expect("a label has a text").to_owned());
        match s.mode {
            Mode::PaperRunsOut => s.paper_out = true,
            Mode::FallsSilent => s.silent = true,
            _ => {}
        }
        *heard = rest[end..].to_owned();
        Some(None)
    }
}
