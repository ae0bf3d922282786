//! Files that come with what is said about a finding or an objection: a photo of a paper list, a scanned receipt.
//!
//! Nothing is decoded: a file is what its first bytes say, and only ever handed out to be saved. It is sealed in the
//! database, and its SHA-256 stands in the audit log beside who brought it.

use domain::id::{CanteenId, Digest, ObjectionId, RecordId, UserId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::photo;
use crate::audit::{Act, Action};
use crate::seal::Place;
use crate::store::attachments::{self, AttachmentRow};
use crate::store::{Tx, findings, payments};
use crate::words::{Code, attachments as words, settlement};
use crate::{Error, Office};

/// A file is no larger, bytes.
const BYTES: usize = 5 * 1024 * 1024;
/// So many files may come with one finding or objection.
pub(crate) const MOST: usize = 6;
/// The sides of a picture, pixels.
const SIDES: std::ops::RangeInclusive<u32> = 16..=20_000;

/// What a file is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A canteen's finding, by its number.
    Finding(CanteenId, String),
    /// An objection.
    Objection(ObjectionId),
}

/// A file that somebody brings.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    /// What it is called on the person's machine, with or without a path.
    pub name: String,
    /// As it came.
    pub bytes: Vec<u8>,
}

/// The kind of a file, if it may be kept.
///
/// # Errors
/// When it is empty, too large, or neither JPEG, PNG nor PDF by its first and last bytes.
fn media_type(bytes: &[u8]) -> Result<&'static str, Error> {
    let refused = |words| Err(Error::refused(Code::Invalid, words));
    if bytes.is_empty() {
        return refused(words::NO_FILE);
    }
    if bytes.len() > BYTES {
        return refused(words::SIZE);
    }
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    let is_pdf = bytes.starts_with(b"%PDF-") && tail.windows(5).any(|end| end == b"%%EOF");
    let sides = |(width, height): (u32, u32)| SIDES.contains(&width) && SIDES.contains(&height);
    match (photo::png(bytes), photo::jpeg(bytes)) {
        (Some(found), _) if sides(found) => Ok("image/png"),
        (_, Some(found)) if sides(found) => Ok("image/jpeg"),
        _ if is_pdf => Ok("application/pdf"),
        _ => refused(words::KIND),
    }
}

/// What a file is called: the last part of its path, printable.
fn named(name: &str) -> Result<String, Error> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let good = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if good { Ok(name.to_owned()) } else { Err(Error::refused(Code::Invalid, words::NAME)) }
}

fn place(id: Uuid) -> Place<'static> {
    Place { table: "attachments", column: "sealed", row: id }
}

/// Whose matter it is, as long as files may still come with it.
async fn open(tx: &mut Tx, about: &About) -> Result<CanteenId, Error> {
    match about {
        About::Finding(canteen, number) => {
            let unknown = || Error::refused(Code::NotFound, settlement::no_such_finding());
            let (date, number) = findings::named(tx, *canteen, number).await?.ok_or_else(unknown)?;
            if findings::steps(tx, *canteen, date, &number).await?.iter().any(|step| step.what == "closed") {
                return Err(Error::refused(Code::Conflict, settlement::finding_closed()));
            }
            Ok(*canteen)
        }
        About::Objection(id) => {
            let unknown = || Error::refused(Code::NotFound, settlement::no_such_objection());
            let objection = payments::objection(tx, *id).await?.ok_or_else(unknown)?;
            if objection.upheld.is_some() {
                return Err(Error::refused(Code::Conflict, settlement::objection_decided()));
            }
            let statement = crate::store::months::statement(tx, objection.statement).await?;
            Ok(statement.ok_or_else(|| Error::Corrupt("an objection without its statement".to_owned()))?.canteen)
        }
    }
}

impl Office {
    /// Keeps a file that comes with what is said about something. The caller has seen to rights.
    ///
    /// # Errors
    /// When it may not be kept by its kind or size, when what it is about is done with, or has enough files.
    pub async fn attach(&self, about: About, new: NewAttachment, by: UserId) -> Result<AttachmentRow, Error> {
        let (media_type, name) = (media_type(&new.bytes)?, named(&new.name)?);
        let now = self.now();
        let id = RecordId::generate(now, &*self.entropy).uuid();
        let sealed = self.keys.seal_bytes(place(id), &new.bytes, &*self.entropy);
        let hash = Digest(Sha256::digest(&new.bytes).into());
        let size = i64::try_from(new.bytes.len()).unwrap_or(i64::MAX);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let canteen = open(tx, &about).await?;
                    let (finding, objection, there) = match about {
                        About::Finding(_, name) => {
                            let number = findings::name_of(&name).0.to_owned();
                            let there = attachments::of_finding(tx, canteen, &number).await?;
                            (Some(number), None, there)
                        }
                        About::Objection(id) => (None, Some(id), attachments::of_objection(tx, id).await?),
                    };
                    if there.len() >= MOST {
                        return Err(Error::refused(Code::Conflict, words::ENOUGH));
                    }
                    if there.iter().any(|known| known.hash == hash) {
                        return Err(Error::refused(Code::Conflict, words::SAME));
                    }
                    let media_type = media_type.to_owned();
                    let row = AttachmentRow {
                        id,
                        canteen,
                        finding,
                        objection,
                        name,
                        media_type,
                        size,
                        hash,
                        by_user: by,
                        at: now,
                    };
                    attachments::add(tx, &row, &sealed).await?;
                    act(Action::AttachmentAdd, &row, Some(by)).done(tx, now).await?;
                    Ok(row)
                })
            })
            .await
    }

    /// A file's row.
    ///
    /// # Errors
    /// When there is none.
    pub async fn attachment(&self, id: Uuid) -> Result<AttachmentRow, Error> {
        let read = self.store.read(move |tx| Box::pin(async move { attachments::get(tx, id).await }));
        read.await?.ok_or_else(|| Error::refused(Code::NotFound, words::NONE))
    }

    /// A file's bytes for somebody who may see them, and is entered as having seen them; nobody is whoever sits at the
    /// office's own computer.
    ///
    /// # Errors
    /// When what is stored is not what came.
    pub async fn reveal_attachment(
        &self,
        row: &AttachmentRow,
        by: impl Into<Option<UserId>>,
    ) -> Result<Vec<u8>, Error> {
        let (id, now, act) = (row.id, self.now(), act(Action::AttachmentShow, row, by.into()));
        let sealed = self.store.read(move |tx| Box::pin(async move { attachments::sealed(tx, id).await })).await?;
        let sealed = sealed.ok_or_else(|| Error::refused(Code::NotFound, words::NONE))?;
        let bytes = self.keys.open_bytes(place(id), &sealed)?.to_vec();
        if Digest(Sha256::digest(&bytes).into()) != row.hash {
            return Err(Error::Corrupt("an attachment is not what its digest says".to_owned()));
        }
        self.store.write_audited(move |tx| Box::pin(async move { act.done(tx, now).await })).await?;
        Ok(bytes)
    }
}

fn act(action: Action, row: &AttachmentRow, by: Option<UserId>) -> Act {
    let act = Act::new(by, action, format!("attachment:{}", row.id)).with("canteen", row.canteen.to_string());
    let act = act.with("sha256", row.hash.to_string());
    match (&row.finding, &row.objection) {
        (Some(number), _) => act.with("finding", number.as_str()),
        (_, Some(id)) => act.with("objection", id.to_string()),
        _ => act,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_what_they_are() {
        let pdf = [b"%PDF-1.7\n".as_slice(), &[b'x'; 3000], b"\n%%EOF\n"].concat();
        assert_eq!(media_type(&pdf).unwrap(), "application/pdf");
        for bad in [
            &pdf[..pdf.len() - 8],
            b"",
            b"<html>%PDF-1.7 %%EOF",
            b"MZ\x90",
            b"\xff\xd8\xff\xd9",
            &[b"%PDF-".as_slice(), &vec![b'x'; BYTES], b"%%EOF"].concat(),
        ] {
            assert!(media_type(bad).is_err(), "{:?}", &bad[..bad.len().min(20)]);
        }
    }

    #[test]
    fn names_lose_their_path_and_have_to_be_readable() {
        assert_eq!(named("C:\\fakepath\\收据.pdf").unwrap(), "收据.pdf");
        assert_eq!(named("../../etc/passwd").unwrap(), "passwd");
        for bad in ["", "a/", "a\nb", &"长".repeat(101)] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }
}
