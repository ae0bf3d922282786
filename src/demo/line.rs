//! A line between a canteen and the office that can be cut: a TCP relay on loopback.
//!
//! Cutting it ends what is on it and refuses what comes, as a pulled plug would; neither side is told why.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A relay to one address. It ends when dropped.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    up: watch::Sender<bool>,
    relay: JoinHandle<()>,
}

impl Line {
    /// Opens a relay to `office` on a free port; it is up.
    pub async fn open(office: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (up, state) = watch::channel(true);
        let relay = tokio::spawn(accept(listener, office, state));
        Ok(Self { address, up, relay })
    }

    /// The address that the canteen is given for the office.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts the line or mends it.
    pub fn set(&self, up: bool) {
        self.up.send_replace(up);
    }

    /// Whether it is up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        *self.up.borrow()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn accept(listener: TcpListener, office: SocketAddr, up: watch::Receiver<bool>) {
    while let Ok((canteen, _)) = listener.accept().await {
        let mut up = up.clone();
        if *up.borrow_and_update() {
            tokio::spawn(async move {
                tokio::select! {
                    _ = carry(canteen, office) => {}
                    // A relay that is gone is a line that is cut.
                    _ = up.wait_for(|up| !up) => {}
                }
            });
        }
    }
}

async fn carry(mut canteen: TcpStream, office: SocketAddr) -> std::io::Result<()> {
    let mut office = TcpStream::connect(office).await?;
    tokio::io::copy_bidirectional(&mut canteen, &mut office).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        address
    }

    async fn answers(stream: &mut TcpStream) -> bool {
        let mut byte = [0];
        stream.write_all(b"x").await.is_ok() && stream.read_exact(&mut byte).await.is_ok()
    }

    #[tokio::test]
    async fn a_cut_line_carries_nothing_and_a_mended_one_does() {
        let line = Line::open(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(line.address).await.unwrap();
        assert!(answers(&mut stream).await);
        line.set(false);
        assert!(!answers(&mut stream).await, "what was on the line ends");
        let mut refused = TcpStream::connect(line.address).await.unwrap();
        assert!(!answers(&mut refused).await);
        line.set(true);
        let mut again = TcpStream::connect(line.address).await.unwrap();
        assert!(line.is_up() && answers(&mut again).await);
    }
}
