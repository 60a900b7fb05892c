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
    certificate_for("localhost", dir)
}

fn certificate_for(name: &str, dir: &Path) -> (Vec<u8>, Vec<u8>) {
    let (key, cert) = (dir.join("key.pem"), dir.join("cert.pem"));
    let (subject, names) = (format!("/CN={name}"), format!("subjectAltName=DNS:{name}"));
    let mut made = Command::new("openssl");
    made.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    made.args(["-subj", &subject, "-addext", &names, "-keyout"]);
    let made = made.arg(&key).arg("-out").arg(&cert).output();
    let made = made.expect("openssl is needed: scripts/setup.sh test");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (std::fs::read(key).unwrap(), std::fs::read(cert).unwrap())
}

/// The same key's certificate, which ended yesterday.
fn expired(dir: &Path) -> Vec<u8> {
    let (key, asked, cert) = (dir.join("key.pem"), dir.join("asked.pem"), dir.join("old.pem"));
    let mut ask = Command::new("openssl");
    ask.args(["req", "-new", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    let ask = ask.arg("-key").arg(&key).arg("-out").arg(&asked).output().unwrap();
    assert!(ask.status.success(), "{}", String::from_utf8_lossy(&ask.stderr));
    let mut sign = Command::new("openssl");
    sign.args(["x509", "-req", "-days", "-1", "-copy_extensions", "copyall", "-in"]).arg(&asked);
    let sign = sign.arg("-signkey").arg(&key).arg("-out").arg(&cert).output().unwrap();
    assert!(sign.status.success(), "{}", String::from_utf8_lossy(&sign.stderr));
    std::fs::read(cert).unwrap()
}

/// What `rastro agent enrol` says of a server that it can't use.
fn refusal(url: &str, more: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let done = enrol(url, home.path(), more);
    assert!(!done.status.success(), "{url}");
    assert!(!home.path().join("credential.json").exists(), "{url}");
    String::from_utf8_lossy(&done.stderr).into_owned()
}

#[test]
fn what_is_wrong_with_tls_is_said_in_plain_words() {
    let dir = tempfile::tempdir().unwrap();
    let server = LeaseServer::start(&Hooks::default(), 60, 60);
    let (key, cert) = certificate(dir.path());
    let (file, old_file) = (dir.path().join("cert.pem"), dir.path().join("old.pem"));
    let old = expired(dir.path());
    let (file, old_file) = (file.to_str().unwrap(), old_file.to_str().unwrap());
    let (port, old_port) = (front(server.address, &key, &cert), front(server.address, &key, &old));
    let plain = server.address.port();
    let elsewhere = tempfile::tempdir().unwrap();
    let (other_key, other) = certificate_for("rastro.example", elsewhere.path());
    let other_port = front(server.address, &other_key, &other);
    let other_file = elsewhere.path().join("cert.pem");
    let other_file = other_file.to_str().unwrap();
    let cases = [
        (format!("https://localhost:{port}"), vec![], "an authority that this computer does not"),
        (format!("https://127.0.0.1:{port}"), vec!["--ca-file", file], "for a name and not for"),
        (format!("https://localhost:{other_port}"), vec!["--ca-file", other_file], "another name"),
        (format!("https://localhost:{old_port}"), vec!["--ca-file", old_file], "has expired"),
        (format!("https://localhost:{plain}"), vec![], "does not speak TLS (https) on this port"),
        (format!("http://localhost:{port}"), vec![], "speaks TLS (https) on this port"),
    ];
    for (url, more, words) in cases {
        let said = refusal(&url, &more);
        assert!(said.contains(words), "{url}: {said}");
    }
    // Nothing was spent on any of them.
    let home = tempfile::tempdir().unwrap();
    let done = enrol(&format!("https://localhost:{port}"), home.path(), &["--ca-file", file]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// What nginx, Apache and Go's servers say to http:// on a port of https.
#[test]
fn a_proxy_that_answers_http_on_its_port_of_https_is_understood() {
    let dir = tempfile::tempdir().unwrap();
    let (key, cert) = certificate(dir.path());
    let acceptor = TlsAcceptor::new(Identity::from_pkcs8(&cert, &key).unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut wire in listener.incoming().flatten() {
            let mut first = [0];
            let _ = wire.peek(&mut first);
            // 22: a handshake of TLS.
            if first[0] == 22 {
                let _ = acceptor.accept(wire);
            } else if message(&mut wire).is_some() {
                let _ = wire.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let said = refusal(&format!("http://localhost:{port}"), &[]);
    assert!(said.contains("speaks TLS (https) on this port"), "{said}");
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
