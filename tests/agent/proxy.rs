//! A proxy between an agent and its server, where a test can see and break what passes. The agent
//! keeps one address for a server that is killed and started again.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::hooks::{Arrow, Hooks};
use super::tls::message;

#[derive(Default)]
struct Way {
    /// Where the server is, while it can be reached.
    server: Option<SocketAddr>,
    /// Counts the times it was cut: an answer of before is lost.
    cuts: u64,
}

/// Passes whole requests and answers on, one connection to the server each.
#[derive(Clone)]
pub struct Proxy {
    way: Arc<Mutex<Way>>,
    hooks: Hooks,
    pub address: SocketAddr,
}

impl Proxy {
    pub fn start(hooks: &Hooks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Self { way: Arc::default(), hooks: hooks.clone(), address };
        let passing = proxy.clone();
        std::thread::spawn(move || {
            for wire in listener.incoming().flatten() {
                let one = passing.clone();
                std::thread::spawn(move || {
                    one.serve(&wire);
                    // Others hold on to it.
                    let _ = wire.shutdown(Shutdown::Both);
                });
            }
        });
        proxy
    }

    /// The server is there.
    pub fn open(&self, server: &str) {
        self.way.lock().unwrap().server = Some(server.parse().unwrap());
    }

    /// Nothing passes any more, and what is under way is lost.
    pub fn cut(&self) {
        let mut way = self.way.lock().unwrap();
        way.server = None;
        way.cuts += 1;
    }

    /// One connection of the agent's; broken off when the server's is.
    fn serve(&self, mut wire: &TcpStream) {
        while let Some(asked) = message(&mut wire) {
            let (server, cuts) = {
                let way = self.way.lock().unwrap();
                (way.server, way.cuts)
            };
            let Some(Ok(mut behind)) = server.map(TcpStream::connect) else { return };
            // An agent that died asks nothing any more: the server is to know.
            let (ear, mouth) = (wire.try_clone().unwrap(), behind.try_clone().unwrap());
            std::thread::spawn(move || {
                if !matches!(ear.peek(&mut [0]), Ok(1)) {
                    let _ = mouth.shutdown(Shutdown::Both);
                }
            });
            if behind.write_all(&asked).is_err() {
                return;
            }
            let Some(answer) = message(&mut behind) else { return };
            let arrows = arrows(&asked, &answer);
            if let Some((made, _)) = arrows {
                self.hooks.reach(made);
            }
            if self.way.lock().unwrap().cuts != cuts || wire.write_all(&answer).is_err() {
                return;
            }
            if let Some((_, answered)) = arrows {
                let hooks = self.hooks.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(4));
                    hooks.reach(answered);
                });
            }
        }
    }
}

/// What an answer means, before and after it has passed.
fn arrows(asked: &[u8], answer: &[u8]) -> Option<(Arrow, Arrow)> {
    let has = |bytes: &[u8], what: &str| String::from_utf8_lossy(bytes).contains(what);
    if !has(answer, " 200 OK") {
        return None;
    }
    let asks = |what: &str| has(asked, &format!("POST /api/agent/v1/{what} "));
    match () {
        () if asks("lease") && has(answer, "\"token\"") => {
            Some((Arrow::LeaseMade, Arrow::LeaseAnswered))
        }
        () if asks("intend") => Some((Arrow::IntendMade, Arrow::IntendAnswered)),
        () if asks("report") => Some((Arrow::ReportMade, Arrow::ReportAnswered)),
        () => None,
    }
}
