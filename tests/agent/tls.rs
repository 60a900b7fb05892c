//! Encrypted, with a certificate that only the centre trusts, as behind a hospital's proxy.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use native_tls::{Identity, TlsAcceptor};

use super::hooks::Hooks;
use super::process::{Process, enrol, until};
use super::server::LeaseServer;

/// A key and a certificate for `localhost`, made by openssl.
fn certificate(dir: &Path) -> (Vec<u8>, Vec<u8>) {
    let (key, cert) = (dir.join("key.pem"), dir.join("cert.pem"));
    let mut made = Command::new("openssl");
    made.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    made.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout"]);
    let made = made.arg(&key).arg("-out").arg(&cert).output();
    let made = made.expect("openssl is needed: scripts/setup.sh test");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (std::fs::read(key).unwrap(), std::fs::read(cert).unwrap())
}

/// Reads one HTTP message with a `Content-Length`.
pub fn message(from: &mut impl Read) -> Option<Vec<u8>> {
    let (mut bytes, mut buffer) = (vec![], [0u8; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length:").nth(1).and_then(|t| t.lines().next());
            if body.len() >= length.map_or(0, |l| l.trim().parse().unwrap()) {
                return Some(bytes);
            }
        }
        match from.read(&mut buffer) {
            Ok(n @ 1..) => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}

/// A proxy that speaks TLS in front of `server`, as it is run in production.
fn front(server: SocketAddr, key: &[u8], cert: &[u8]) -> u16 {
    let identity = Identity::from_pkcs8(cert, key).unwrap();
    let acceptor = Arc::new(TlsAcceptor::new(identity).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for plain in listener.incoming().flatten() {
            let acceptor = Arc::clone(&acceptor);
            std::thread::spawn(move || {
                let Ok(mut wire) = acceptor.accept(plain) else { return };
                let Ok(mut behind) = TcpStream::connect(server) else { return };
                while let Some(asked) = message(&mut wire) {
                    behind.write_all(&asked).unwrap();
                    let Some(answer) = message(&mut behind) else { return };
                    if wire.write_all(&answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn a_certificate_of_ones_own_must_be_named_and_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let (key, cert) = certificate(dir.path());
    let port = front(server.address, &key, &cert);
    let url = format!("https://localhost:{port}");
    let home = tempfile::tempdir().unwrap();
    let stranger = enrol(&url, home.path(), &[]);
    let said = String::from_utf8_lossy(&stranger.stderr).into_owned();
    assert!(!stranger.status.success() && said.contains("certificate"), "{said}");
    let file = dir.path().join("cert.pem");
    let known = enrol(&url, home.path(), &["--ca-file", file.to_str().unwrap()]);
    assert!(known.status.success(), "{}", String::from_utf8_lossy(&known.stderr));
    // Another name is another computer, whoever signed it.
    let other = tempfile::tempdir().unwrap();
    let url = format!("https://127.0.0.1:{port}");
    let named = enrol(&url, other.path(), &["--ca-file", file.to_str().unwrap()]);
    assert!(!named.status.success());
    let _agent = Process::start(home.path());
    until(home.path(), "it leases with what it kept", || server.leases() > 0);
}
