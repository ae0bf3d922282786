//! The sealed file: who may open it stands at its head, and what follows is authenticated to its last byte.
//!
//! ```text
//! "zhucanbk"  version u16  length u32  head (JSON)  { length u32  sealed chunk }...
//! ```
//!
//! The chunks are sealed with XChaCha20-Poly1305 under a key of this file alone, bound to the whole head; a chunk's nonce
//! says its number and whether it is the last. So nothing can be changed, cut off, put in, appended or exchanged between
//! files. The file's key lies in the head together with the office's own keys, sealed under the escrow passphrase
//! (argon2id): the file and the passphrase are enough, and neither is without the other.

use std::io::{self, ErrorKind, Read, Write};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use domain::calendar::UnixMs;
use domain::id::Entropy;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Broken;

const MAGIC: &[u8; 8] = b"zhucanbk";
/// The shape that this program writes.
const VERSION: u16 = 1;
/// A longer head is none, bytes.
const HEAD: usize = 64 * 1024;
/// So much of the content is sealed at a time, bytes.
pub(super) const CHUNK: usize = 256 * 1024;
const TAG: usize = 16;
const NONCE: usize = 24;

type Key = Zeroizing<[u8; 32]>;

/// How the passphrase becomes a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kdf {
    /// `argon2id`.
    name: String,
    /// KiB.
    memory: u32,
    passes: u32,
    salt: String,
}

impl Kdf {
    /// What guesses at a stolen file have to pay: 64 MiB and three passes each.
    pub(super) fn strong(entropy: &dyn Entropy) -> Self {
        Self::new(64 * 1024, 3, entropy)
    }

    pub(super) fn new(memory: u32, passes: u32, entropy: &dyn Entropy) -> Self {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        Self { name: "argon2id".to_owned(), memory, passes, salt: hex::encode(salt) }
    }

    /// The key. A file of a stranger must not make this computer work for hours or take all its memory.
    fn key(&self, passphrase: &str) -> Result<Key, Broken> {
        if self.name != "argon2id" || self.memory > 1024 * 1024 || self.passes > 16 {
            return Err(Broken::Head);
        }
        let salt = hex::decode(&self.salt).map_err(|_| Broken::Head)?;
        let params = Params::new(self.memory, self.passes, 1, Some(32)).map_err(|_| Broken::Head)?;
        let mut key = Key::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
            .map_err(|_| Broken::Head)?;
        Ok(key)
    }
}

/// What stands in the open at the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The server epoch of the office whose backup this is.
    pub office: String,
    /// When it was made, unix ms.
    pub made_at: UnixMs,
    /// The version of the program that made it.
    pub program: String,
    /// The version of the database's schema.
    pub schema: i64,
    /// How the passphrase opens it.
    pub kdf: Kdf,
    /// The sealed keys, hex digits; empty while they are sealed.
    escrow: String,
}

impl Head {
    /// A head whose keys are not sealed yet.
    pub(super) fn new(office: String, made_at: UnixMs, schema: i64, kdf: Kdf) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { office, made_at, program, schema, kdf, escrow: String::new() }
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_else(|error| unreachable!("a head has a JSON form: {error}"))
    }

    /// What the sealed keys are bound to: everything else in the head.
    fn bound(&self) -> Vec<u8> {
        Self { escrow: String::new(), ..self.clone() }.bytes()
    }
}

/// What the passphrase opens.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Escrow {
    /// The file's key, hex digits.
    key: Zeroizing<String>,
    /// The office's key file as it stands on its disk.
    pub(super) office: Zeroizing<String>,
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&chacha20poly1305::Key::from(**key))
}

/// Of a chunk: its number, and whether it is the last. The key is this file's alone, so no nonce comes twice.
fn nonce(number: u64, last: bool) -> XNonce {
    let mut nonce = [0; NONCE];
    nonce[15] = u8::from(last);
    nonce[16..].copy_from_slice(&number.to_be_bytes());
    XNonce::from(nonce)
}

/// The content on its way into the file.
pub(super) struct Sealer<W> {
    out: W,
    cipher: XChaCha20Poly1305,
    bound: [u8; 32],
    waiting: Vec<u8>,
    number: u64,
}

impl<W: Write> Sealer<W> {
    /// Writes the head, with the office's key file and a new key under the passphrase.
    pub(super) fn start(
        mut out: W,
        mut head: Head,
        passphrase: &str,
        office: &Zeroizing<String>,
        entropy: &dyn Entropy,
    ) -> Result<Self, Broken> {
        let (mut key, mut random) = (Key::default(), [0; NONCE]);
        entropy.fill(key.as_mut_slice());
        entropy.fill(&mut random);
        let escrow = Escrow { key: Zeroizing::new(hex::encode(key.as_slice())), office: office.clone() };
        let text = Zeroizing::new(serde_json::to_vec(&escrow).map_err(|_| Broken::Head)?);
        let payload = Payload { msg: &text, aad: &head.bound() };
        let sealed = cipher(&head.kdf.key(passphrase)?).encrypt(&XNonce::from(random), payload);
        let sealed = sealed.unwrap_or_else(|_| unreachable!("what fits into memory can be sealed"));
        head.escrow = hex::encode([&random[..], &sealed].concat());
        let head = head.bytes();
        let length = u32::try_from(head.len()).ok().filter(|_| head.len() <= HEAD).ok_or(Broken::Head)?;
        let front = [&MAGIC[..], &VERSION.to_be_bytes(), &length.to_be_bytes(), &head].concat();
        out.write_all(&front)?;
        let bound = Sha256::digest(&front).into();
        Ok(Self { out, cipher: cipher(&key), bound, waiting: Vec::with_capacity(CHUNK), number: 0 })
    }

    fn chunk(&mut self, last: bool) -> io::Result<()> {
        let payload = Payload { msg: &self.waiting, aad: &self.bound };
        let sealed = self.cipher.encrypt(&nonce(self.number, last), payload);
        let sealed = sealed.unwrap_or_else(|_| unreachable!("what fits into memory can be sealed"));
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&sealed)?;
        self.waiting.clear();
        self.number += 1;
        Ok(())
    }

    /// Seals what waits as the last chunk. Without it the file is cut.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.chunk(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits for what follows it: only then it is known not to be the last.
        if self.waiting.len() == CHUNK {
            self.chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the head alone, which is in the open and not yet proven to be whole.
pub(super) fn read_head(input: &mut impl Read) -> Result<(Head, [u8; 32]), Broken> {
    let mut front = [0; 14];
    input.read_exact(&mut front).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Broken::NotOurs,
        _ => error.into(),
    })?;
    if !front.starts_with(MAGIC) {
        return Err(Broken::NotOurs);
    }
    let version = u16::from_be_bytes([front[8], front[9]]);
    if version != VERSION {
        return Err(Broken::Version(version));
    }
    let length = u32::from_be_bytes([front[10], front[11], front[12], front[13]]) as usize;
    if length > HEAD {
        return Err(Broken::Head);
    }
    let mut head = vec![0; length];
    input.read_exact(&mut head).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Broken::Cut,
        _ => error.into(),
    })?;
    let bound = Sha256::new_with_prefix(front).chain_update(&head).finalize().into();
    let head = serde_json::from_slice(&head).map_err(|_| Broken::Head)?;
    Ok((head, bound))
}

/// The content on its way out of the file.
pub(super) struct Opener<R> {
    input: R,
    cipher: XChaCha20Poly1305,
    bound: [u8; 32],
    plain: Vec<u8>,
    at: usize,
    number: u64,
    /// The next chunk's length: nothing behind the last one.
    next: Option<usize>,
}

impl<R: Read> Opener<R> {
    /// Opens a file with its passphrase. What the head says is proven by it; what follows is proven as it is read.
    pub(super) fn start(mut input: R, passphrase: &str) -> Result<(Head, Escrow, Self), Broken> {
        let (head, bound) = read_head(&mut input)?;
        let sealed = hex::decode(&head.escrow).map_err(|_| Broken::Head)?;
        let (random, text) = sealed.split_first_chunk::<NONCE>().ok_or(Broken::Head)?;
        let payload = Payload { msg: text, aad: &head.bound() };
        let keys = cipher(&head.kdf.key(passphrase)?).decrypt(&XNonce::from(*random), payload);
        let keys = Zeroizing::new(keys.map_err(|_| Broken::Passphrase)?);
        let escrow: Escrow = serde_json::from_slice(&keys).map_err(|_| Broken::Head)?;
        let mut key = Key::default();
        hex::decode_to_slice(escrow.key.as_str(), key.as_mut_slice()).map_err(|_| Broken::Head)?;
        let mut opener = Self { input, cipher: cipher(&key), bound, plain: Vec::new(), at: 0, number: 0, next: None };
        opener.next = Some(opener.length()?.ok_or(Broken::Cut)?);
        Ok((head, escrow, opener))
    }

    /// The length that stands before the next chunk; nothing at the end of the file.
    fn length(&mut self) -> Result<Option<usize>, Broken> {
        let mut bytes = [0; 4];
        let mut read = 0;
        while read < bytes.len() {
            match self.input.read(&mut bytes[read..]) {
                Ok(0) if read == 0 => return Ok(None),
                Ok(0) => return Err(Broken::Cut),
                Ok(more) => read += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        let length = u32::from_be_bytes(bytes) as usize;
        if (TAG..=CHUNK + TAG).contains(&length) { Ok(Some(length)) } else { Err(Broken::Damaged(self.number)) }
    }

    fn open_next(&mut self, length: usize) -> Result<(), Broken> {
        let mut sealed = vec![0; length];
        self.input.read_exact(&mut sealed).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Broken::Cut,
            _ => error.into(),
        })?;
        self.next = self.length()?;
        let payload = Payload { msg: &sealed, aad: &self.bound };
        let last = self.next.is_none();
        let opened = self.cipher.decrypt(&nonce(self.number, last), payload);
        self.plain = opened.map_err(|_| if last { Broken::Tail } else { Broken::Damaged(self.number) })?;
        self.at = 0;
        self.number += 1;
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            let Some(length) = self.next.take() else { return Ok(0) };
            self.open_next(length)?;
        }
        let taken = out.len().min(self.plain.len() - self.at);
        out[..taken].copy_from_slice(&self.plain[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}
