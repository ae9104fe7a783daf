//! Sealing and unsealing. What is sealed names its key: `1 ‖ key id ‖ nonce ‖ ciphertext ‖ tag`; the associated data is
//! owner ‖ object ‖ version, so that no ciphertext can be put in another's place.

use std::sync::Arc;

use aes_gcm::aead::{Aead, AeadInOut, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use diesel::PgConnection;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Binary;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::ServiceKeys;
use super::store;
use crate::kernel::{Ctx, Error, ExpertId, LabId, Result};

const FORMAT: u8 = 1;
pub(super) const KEY_ID: usize = 16;
pub(super) const NONCE: usize = 12;

/// Whose key something is sealed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A lab: everything about its work.
    Lab(LabId),
    /// An expert: evidence, bank details, tax forms.
    Expert(ExpertId),
    /// The marketplace itself: bank files.
    Market,
}

impl Owner {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Owner::Lab(_) => "lab",
            Owner::Expert(_) => "expert",
            Owner::Market => "market",
        }
    }

    pub(super) fn id(self) -> Uuid {
        match self {
            Owner::Lab(id) => id.0,
            Owner::Expert(id) => id.0,
            Owner::Market => Uuid::nil(),
        }
    }
}

/// What is sealed: a kind, an id and a version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// `task.input`, `submission.answer`, …
    pub kind: &'static str,
    /// Whose.
    pub id: Uuid,
    /// Which revision; 1 for what never changes.
    pub version: i32,
}

/// Ciphertext. Any room may carry it; only `trust` opens it.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Sealed(Vec<u8>);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl diesel::serialize::ToSql<Binary, Pg> for Sealed {
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, Pg>) -> diesel::serialize::Result {
        <[u8] as diesel::serialize::ToSql<Binary, Pg>>::to_sql(&self.0, out)
    }
}

impl diesel::deserialize::FromSql<Binary, Pg> for Sealed {
    fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
        Ok(Self(bytes.as_bytes().to_vec()))
    }
}

/// A data key, unwrapped.
pub(super) struct DataKey {
    pub(super) id: Uuid,
    cipher: Aes256Gcm,
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

#[cfg(test)]
impl DataKey {
    pub(super) fn of(id: Uuid, bytes: [u8; 32]) -> Self {
        Self { id, cipher: Aes256Gcm::new(&bytes.into()), bytes: Zeroizing::new(bytes) }
    }
}

/// Seals and unseals; keeps unwrapped data keys of the last hour at hand.
pub struct Vault {
    wrapping: Aes256Gcm,
    wrapping_id: String,
    by_owner: moka::sync::Cache<Owner, Arc<DataKey>>,
}

impl Vault {
    /// A vault under this key-encryption key.
    pub fn new(keys: &ServiceKeys) -> Self {
        let by_owner = moka::sync::Cache::builder()
            .max_capacity(10_000)
            .time_to_live(std::time::Duration::from_secs(3600))
            .build();
        let wrapping = Aes256Gcm::new(&(*keys.key_encryption()).into());
        Self { wrapping, wrapping_id: keys.key_encryption_id(), by_owner }
    }

    /// Encrypts under the owner's data key, which is made with the first use.
    #[expect(
        clippy::too_many_arguments,
        reason = "connection and context go with every call; the rest names what is sealed"
    )]
    pub fn seal(
        &self,
        conn: &mut PgConnection,
        ctx: &Ctx,
        owner: Owner,
        object: Object,
        plain: &[u8],
    ) -> Result<Sealed> {
        self.sealer(conn, ctx, owner)?.seal(object, plain)
    }

    /// What seals one owner's content without a connection.
    pub fn sealer(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner) -> Result<Sealer> {
        Ok(Sealer { owner, key: self.data_key(conn, ctx, owner)? })
    }

    /// Decrypts. Called by `trust` alone, which writes down who was served.
    #[expect(
        clippy::too_many_arguments,
        reason = "connection and context go with every call; the rest names what is sealed"
    )]
    pub fn unseal(
        &self,
        conn: &mut PgConnection,
        ctx: &Ctx,
        owner: Owner,
        object: Object,
        sealed: &Sealed,
    ) -> Result<Vec<u8>> {
        self.sealer(conn, ctx, owner)?.open_recorded(object, sealed)
    }

    /// A keyed digest of content: equal contents of one owner can be told without opening them.
    pub fn digest(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner, content: &[u8]) -> Result<[u8; 32]> {
        self.sealer(conn, ctx, owner)?.digest(content)
    }

    pub(super) fn data_key(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner) -> Result<Arc<DataKey>> {
        if let Some(key) = self.by_owner.get(&owner) {
            return Ok(key);
        }
        let row = match store::find_data_key(conn, owner)? {
            Some(row) => row,
            None => {
                let id = ctx.ids.next();
                let wrapped = self.wrap(owner, id)?;
                store::insert_data_key(conn, id, owner, &self.wrapping_id, &wrapped)?;
                // Another transaction may have been first: what stands is what counts.
                store::find_data_key(conn, owner)?.ok_or_else(|| Error::internal("a data key vanished"))?
            }
        };
        let key = Arc::new(self.unwrap(owner, &row)?);
        // A key that this very transaction made may yet be rolled back; remembering it would lose what is sealed with it.
        if row.created_at < ctx.now {
            self.by_owner.insert(owner, key.clone());
        }
        Ok(key)
    }

    fn wrap(&self, owner: Owner, id: Uuid) -> Result<Vec<u8>> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        getrandom::fill(&mut bytes[..]).map_err(Error::internal)?;
        let nonce = random_nonce()?;
        let mut wrapped = Zeroizing::new(bytes.to_vec());
        self.wrapping
            .encrypt_in_place(&nonce, &associated(owner, wrapping_of(id)), &mut *wrapped)
            .map_err(|_| Error::internal("wrapping failed"))?;
        Ok([&nonce[..], &wrapped[..]].concat())
    }

    fn unwrap(&self, owner: Owner, row: &store::DataKeyRow) -> Result<DataKey> {
        if row.kek_id != self.wrapping_id {
            return Err(Error::internal(format!(
                "data key {} is wrapped by key {}, which is not here",
                row.id, row.kek_id
            )));
        }
        let broken = || Error::internal(format!("data key {} does not unwrap", row.id));
        let (nonce, text) = row.wrapped.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce = Nonce::try_from(nonce).map_err(|_| broken())?;
        let aad = associated(owner, wrapping_of(row.id));
        let plain = self.wrapping.decrypt(&nonce, Payload { msg: text, aad: &aad }).map_err(|_| broken())?;
        let plain = Zeroizing::new(plain);
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(plain.as_slice().try_into().map_err(|_| broken())?);
        Ok(DataKey { id: row.id, cipher: Aes256Gcm::new(&(*bytes).into()), bytes })
    }
}

/// Seals, digests and opens one owner's content. It holds the owner's data key: keep it no longer than the piece of work that it
/// was taken for, and never beyond the transaction that made the key.
#[derive(Clone)]
pub struct Sealer {
    owner: Owner,
    key: Arc<DataKey>,
}

impl Sealer {
    /// Encrypts under the owner's data key.
    pub fn seal(&self, object: Object, plain: &[u8]) -> Result<Sealed> {
        let nonce = random_nonce()?;
        let text = self.key.cipher.encrypt(&nonce, Payload { msg: plain, aad: &associated(self.owner, object) });
        let text = text.map_err(|_| Error::internal("sealing failed"))?;
        let mut sealed = Vec::with_capacity(1 + KEY_ID + NONCE + text.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(self.key.id.as_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Ok(Sealed(sealed))
    }

    /// Decrypts what somebody has written down as served already: an export, which holds no connection while it opens a page.
    pub fn open_recorded(&self, object: Object, sealed: &Sealed) -> Result<Vec<u8>> {
        let broken = || Error::internal(format!("{} {} does not open", object.kind, object.id));
        let (format, rest) = sealed.0.split_first().ok_or_else(broken)?;
        let (key_id, rest) = rest.split_at_checked(KEY_ID).ok_or_else(broken)?;
        let (nonce, text) = rest.split_at_checked(NONCE).ok_or_else(broken)?;
        if *format != FORMAT || key_id != self.key.id.as_bytes() {
            return Err(broken());
        }
        let nonce = Nonce::try_from(nonce).map_err(|_| broken())?;
        let payload = Payload { msg: text, aad: &associated(self.owner, object) };
        self.key.cipher.decrypt(&nonce, payload).map_err(|_| broken())
    }

    /// A keyed digest of content: equal contents of one owner can be told without opening them.
    pub fn digest(&self, content: &[u8]) -> Result<[u8; 32]> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.key.bytes[..]).map_err(Error::internal)?;
        mac.update(b"collegium digest");
        mac.update(content);
        Ok(mac.finalize().into_bytes().into())
    }
}

fn wrapping_of(id: Uuid) -> Object {
    Object { kind: "data_key", id, version: 1 }
}

fn random_nonce() -> Result<Nonce<aes_gcm::aead::consts::U12>> {
    let mut bytes = [0u8; NONCE];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes.into())
}

/// Owner ‖ object ‖ version, each part of fixed length or told its length.
pub(super) fn associated(owner: Owner, object: Object) -> Vec<u8> {
    let mut data = Vec::with_capacity(64);
    for word in [owner.kind(), object.kind] {
        data.push(u8::try_from(word.len()).unwrap_or(u8::MAX));
        data.extend_from_slice(word.as_bytes());
    }
    data.extend_from_slice(owner.id().as_bytes());
    data.extend_from_slice(object.id.as_bytes());
    data.extend_from_slice(&object.version.to_be_bytes());
    data
}
