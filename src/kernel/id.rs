//! Identifiers: a newtype per thing with a name, written as TypeID 0.3 (`tsk_01h455vb4pex5vsknk084sn02q`):
//! a prefix, `_`, and the 26 Crockford base32 characters of a UUIDv7, first character at most `7`.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes `prefix_` and the 26 characters of `value`.
pub fn to_typeid(prefix: &str, value: Uuid) -> String {
    let mut text = String::with_capacity(prefix.len().saturating_add(27));
    text.push_str(prefix);
    text.push('_');
    let bits = value.as_u128();
    for place in (0..26u32).rev() {
        let five = u8::try_from((bits >> (place * 5)) & 31).unwrap_or_default();
        let letter = ALPHABET.get(usize::from(five)).copied().unwrap_or(b'0');
        text.push(char::from(letter));
    }
    text
}

/// Reads a TypeID of exactly this prefix; `None` for anything that is not one.
pub fn from_typeid(prefix: &str, text: &str) -> Option<Uuid> {
    let suffix = text.strip_prefix(prefix)?.strip_prefix('_')?.as_bytes();
    if suffix.len() != 26 || *suffix.first()? > b'7' {
        return None;
    }
    suffix
        .iter()
        .try_fold(0u128, |bits, letter| {
            let five = ALPHABET.iter().position(|known| known == letter)?;
            Some((bits << 5) | u128::try_from(five).ok()?)
        })
        .map(Uuid::from_u128)
}

/// Declares an identifier: `id!(TaskId, "tsk", "a task");`.
#[macro_export]
macro_rules! id {
    ($name:ident, $prefix:literal, $what:literal) => {
        #[doc = concat!("The id of ", $what, ", written `", $prefix, "_…`.")]
        #[derive(
            Clone,
            Copy,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            diesel::expression::AsExpression,
            diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// What stands before the underscore.
            pub const PREFIX: &'static str = $prefix;
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::kernel::id::to_typeid($prefix, self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}")
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::kernel::id::NotAnId;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::kernel::id::from_typeid($prefix, text).map(Self).ok_or($crate::kernel::id::NotAnId($prefix))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<diesel::sql_types::Uuid, diesel::pg::Pg>::to_sql(&self.0, out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <uuid::Uuid as diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::from_sql(bytes)
                    .map(Self)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!("TypeID of ", $what)))
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

/// The text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("not_an_id: an id here is {0}_ and 26 letters and digits")]
pub struct NotAnId(pub &'static str);

id!(AccountId, "acc", "an account");
id!(PseudonymId, "xpn", "an expert as one lab knows them");
id!(LabId, "lab", "a lab");
id!(ExpertId, "exp", "an expert");
id!(CredentialId, "crd", "a credential");
id!(ProjectId, "prj", "a project");
id!(TaskId, "tsk", "a task");
id!(TaskBatchId, "bat", "a batch of tasks");
id!(AssignmentId, "asg", "an assignment");
id!(SubmissionId, "sub", "a submission");
id!(ReviewId, "rev", "a review");
id!(DisputeId, "dsp", "a dispute");
id!(AuditId, "aud", "a lab's audit of accepted work");
id!(AdjudicationId, "adj", "an adjudication");
id!(OfferId, "off", "an offer");
id!(QuestionId, "qst", "a question about a project");
id!(FileId, "fil", "a file");
id!(EntryId, "jrn", "a journal entry");
id!(DepositId, "dep", "a deposit");
id!(CostId, "cst", "a direct cost");
id!(PlanId, "pln", "a commission plan");
id!(AttributionId, "atr", "an attribution");
id!(ParticipantId, "ptc", "an executive's participation in a plan");
id!(StatementId, "stm", "a commission statement");
id!(PayoutId, "pay", "a payout");
id!(BatchId, "pbt", "a payout batch");
id!(SettlementId, "stl", "a settlement file");
id!(BreakId, "brk", "a reconciliation break");
id!(ApiKeyId, "key", "an API key");
id!(EventId, "evt", "an event");
id!(SessionId, "ses", "a session");
id!(InvitationId, "inv", "an invitation");
id!(RequestId, "req", "a request");

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of the TypeID specification 0.3, `valid.yml`.
    const VALID: [(&str, &str, &str); 6] = [
        ("prefix", "prefix_00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
        ("prefix", "prefix_00000000000000000000000001", "00000000-0000-0000-0000-000000000001"),
        ("prefix", "prefix_0000000000000000000000000a", "00000000-0000-0000-0000-00000000000a"),
        ("prefix", "prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("prefix", "prefix_0123456789abcdefghjkmnpqrs", "0110c853-1d09-52d8-d73e-1194e95b5f19"),
        ("prefix", "prefix_01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ];

    #[test]
    fn the_published_vectors_hold() {
        for (prefix, text, uuid) in VALID {
            let uuid: Uuid = uuid.parse().unwrap();
            assert_eq!(to_typeid(prefix, uuid), text);
            assert_eq!(from_typeid(prefix, text), Some(uuid));
        }
    }

    #[test]
    fn what_the_specification_refuses_is_refused() {
        for text in [
            "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "prefix_1234567890123456789012345",
            "prefix_123456789012345678901234567",
            "prefix_0123456789ABCDEFGHJKMNPQRS",
            "prefix_123456789-0123456789-01234",
            "prefix_ooooooooooooooooooooooooooo",
            "prefix00000000000000000000000000",
            "other_00000000000000000000000000",
            "_00000000000000000000000000",
            "",
        ] {
            assert_eq!(from_typeid("prefix", text), None, "{text}");
        }
    }
}
