//! A gate before the stand-in. It holds back all connections until a given number of tools has connected.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

/// Opens a gate before the server at `url`. It holds back all connections until there are `count`. Returns the
/// gate's URL.
pub(crate) fn gate(count: usize, url: &str) -> String {
    let server = url.strip_prefix("http://").expect("a URL of the stand-in").to_owned();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port of the loopback");
    let gate = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        let mut incoming = listener.incoming().map_while(Result::ok);
        let first: Vec<_> = incoming.by_ref().take(count).collect();
        for client in first.into_iter().chain(incoming) {
            let server = TcpStream::connect(&server).expect("the stand-in");
            let clone = |stream: &TcpStream| stream.try_clone().expect("another handle");
            pass(clone(&client), clone(&server));
            pass(server, client);
        }
    });
    gate
}

/// Copies the bytes from one side to the other, and then ends the stream to the other side.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}
