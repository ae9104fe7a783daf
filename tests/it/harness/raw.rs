//! HTTP by hand, for clients that send half of a thing, or do not read what they asked for.

use nix::sys::socket::{setsockopt, sockopt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::Someone;

/// A connection as of a thin line, with the head of a request sent but for its end: within this machine a socket would take
/// megabytes before anybody noticed that nobody reads.
pub async fn begin(who: &Someone, request: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(32_768).unwrap();
    setsockopt(&socket, sockopt::TcpMaxSeg, &1_400).unwrap();
    let mut stream = socket.connect(who.address().parse().unwrap()).await.unwrap();
    let token = who.token.as_deref().unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// A piece of a chunked body; the empty one ends it.
pub async fn chunk(stream: &mut TcpStream, bytes: &[u8]) {
    let piece = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    stream.write_all(&piece).await.unwrap();
}

/// Ends a chunked body and reads what is answered.
pub async fn ended(stream: &mut TcpStream) -> String {
    chunk(stream, b"").await;
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    told
}

/// Asks for something and reads the status of the answer alone.
pub async fn status_alone(who: &Someone, path: &str) -> TcpStream {
    let mut stream = begin(who, &format!("GET {path}")).await;
    stream.write_all(b"\r\n").await.unwrap();
    let mut first = [0u8; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    stream
}
