//! One door: seal on the way in, open and write down on the way out.

use std::sync::Arc;

use diesel::PgConnection;

use crate::kernel::{Ctx, LabId, Result};
use crate::record::{self, Access};
use crate::vault::{BlobKey, BlobSealer, Object, Owner, Sealed, Sealer, Vault};
use crate::words;

words!(
    /// Under which title content is served.
    Purpose {
        OwnLab = "own_lab",
        OwnPapers = "own_papers",
        Claim = "claim",
        Review = "review",
        Dispute = "dispute",
        Adjudication = "adjudication",
        Verification = "verification",
        Payout = "payout",
        Export = "export",
        Check = "check",
        Refund = "refund",
    }
);

impl Purpose {
    /// The lab that is told of such a serving of content under its key. Of an expert who looks at their own work it is not:
    /// some of that work only tells how good the rest is.
    pub fn tells(self, lab: LabId) -> Option<LabId> {
        (self != Purpose::OwnPapers).then_some(lab)
    }
}

/// Seals and opens confidential content.
#[derive(Clone)]
pub struct Door {
    vault: Arc<Vault>,
}

impl Door {
    /// The door of this vault.
    pub fn new(vault: Vault) -> Self {
        Self { vault: Arc::new(vault) }
    }

    /// Encrypts content on its way in.
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
        self.vault.seal(conn, ctx, owner, object, plain)
    }

    /// What seals and opens one owner's content without a connection: for an import, whose lines are judged and sealed while
    /// the ones before them are written, and for an export, which has written down that everything is served.
    pub fn sealer(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner) -> Result<Sealer> {
        self.vault.sealer(conn, ctx, owner)
    }

    /// A keyed digest by which equal contents of one owner are told without opening them.
    pub fn digest(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner, content: &[u8]) -> Result<[u8; 32]> {
        self.vault.digest(conn, ctx, owner, content)
    }

    /// Opens content for the caller and writes down that it was served.
    pub fn open(&self, conn: &mut PgConnection, ctx: &Ctx, held: Held<'_>, purpose: Purpose) -> Result<Vec<u8>> {
        let plain = self.vault.unseal(conn, ctx, held.owner, held.object, held.sealed)?;
        served(conn, ctx, (held.owner, held.object), (plain.len(), purpose))?;
        Ok(plain)
    }

    /// Encrypts a stream on its way in: what is too large to be a column.
    pub fn seal_stream(&self, conn: &mut PgConnection, ctx: &Ctx, owner: Owner) -> Result<BlobSealer> {
        self.vault.seal_blob(conn, ctx, owner)
    }

    /// What opens a stream for the caller. So many bytes of it are written down as served before the first one is.
    pub fn open_stream(
        &self,
        conn: &mut PgConnection,
        ctx: &Ctx,
        (owner, object): (Owner, Object),
        (bytes, purpose): (usize, Purpose),
    ) -> Result<BlobKey> {
        served(conn, ctx, (owner, object), (bytes, purpose))?;
        self.vault.unseal_blobs(conn, ctx, owner)
    }

    /// Opens content whose access-log row the statement that found it has written in the same round trip: the claim.
    pub fn open_recorded(&self, conn: &mut PgConnection, ctx: &Ctx, held: Held<'_>) -> Result<Vec<u8>> {
        self.vault.unseal(conn, ctx, held.owner, held.object, held.sealed)
    }

    /// Opens what the service itself needs to decide, and serves to nobody: a schema, an instruction's length.
    pub fn open_for_service(&self, conn: &mut PgConnection, ctx: &Ctx, held: Held<'_>) -> Result<Vec<u8>> {
        self.vault.unseal(conn, ctx, held.owner, held.object, held.sealed)
    }
}

fn served(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (owner, object): (Owner, Object),
    (bytes, purpose): (usize, Purpose),
) -> Result<()> {
    let lab = match owner {
        Owner::Lab(lab) => purpose.tells(lab),
        Owner::Expert(_) | Owner::Market => None,
    };
    let Object { kind, id, version } = object;
    record::access(conn, ctx, Access { lab, kind, object: id, version, bytes, purpose: purpose.as_str() })
}

/// Content at the door: whose, which, and its ciphertext.
#[derive(Debug, Clone, Copy)]
pub struct Held<'c> {
    /// Whose key.
    pub owner: Owner,
    /// Which object.
    pub object: Object,
    /// The ciphertext.
    pub sealed: &'c Sealed,
}
