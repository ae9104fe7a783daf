//! Who plays: three labs, forty experts in four fields, and the marketplace's own people. All of it is invented, except
//! the institutions' ROR ids.

use crate::kernel::Role;

/// A lab.
pub struct LabPart {
    pub name: &'static str,
    pub email: &'static str,
    pub country: &'static str,
}

/// The three labs.
pub const LABS: [LabPart; 3] = [
    LabPart { name: "Meridian Intelligence", email: "data@meridian.example", country: "US" },
    LabPart { name: "Northwind Research", email: "ops@northwind.example", country: "GB" },
    LabPart { name: "Halcyon Models", email: "annotation@halcyon.example", country: "DE" },
];

/// One of the marketplace's own people.
pub struct StaffPart {
    pub name: &'static str,
    pub email: &'static str,
    pub role: Role,
}

/// Two of finance, because nobody approves what they made.
pub const STAFF: [StaffPart; 8] = [
    StaffPart { name: "Amara Nwosu", email: "amara@collegium.example", role: Role::Admin },
    StaffPart { name: "Piet de Vries", email: "piet@collegium.example", role: Role::Operations },
    StaffPart { name: "Ines Calder", email: "ines@collegium.example", role: Role::Finance },
    StaffPart { name: "Tomas Brandt", email: "tomas@collegium.example", role: Role::Finance },
    StaffPart { name: "Ling Zhao", email: "ling@collegium.example", role: Role::AccountExecutive },
    StaffPart { name: "Ruth Abel", email: "ruth@collegium.example", role: Role::Reviewer },
    StaffPart { name: "Omar Haddad", email: "omar@collegium.example", role: Role::Reviewer },
    StaffPart { name: "Greta Lind", email: "greta@collegium.example", role: Role::Auditor },
];

/// What an expert is an expert of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// ISCED-F 0912, a doctor of medicine.
    Medicine,
    /// ISCED-F 0511.
    Biology,
    /// ISCED-F 0421, admitted to a bar.
    Law,
    /// ISCED-F 0541.
    Mathematics,
}

impl Field {
    /// ISCED-F 2013 code.
    pub fn code(self) -> &'static str {
        match self {
            Field::Medicine => "0912",
            Field::Biology => "0511",
            Field::Law => "0421",
            Field::Mathematics => "0541",
        }
    }

    /// What the degree is called, and its level.
    pub fn degree(self) -> (&'static str, &'static str) {
        match self {
            Field::Medicine => ("Doctor of Medicine", "professional"),
            Field::Biology => ("PhD in Molecular Biology", "doctoral"),
            Field::Law => ("Juris Doctor", "professional"),
            Field::Mathematics => ("PhD in Mathematics", "doctoral"),
        }
    }
}

/// An institution and its ROR id.
pub const INSTITUTIONS: [(&str, &str); 4] = [
    ("California Institute of Technology", "05dxps055"),
    ("Massachusetts Institute of Technology", "042nb2s44"),
    ("University of Cambridge", "013meh722"),
    ("Stanford University", "00f54p054"),
];

/// Forty people; the first five doctors read the anaesthetists' table.
pub const EXPERTS: [(&str, Field); 40] = [
    ("Helen Achebe", Field::Medicine),
    ("Marco Bellini", Field::Medicine),
    ("Sofia Castellanos", Field::Medicine),
    ("David Okonkwo", Field::Medicine),
    ("Ingrid Solberg", Field::Medicine),
    ("Priya Raman", Field::Medicine),
    ("Joseph Kaplan", Field::Medicine),
    ("Aiko Tanaka", Field::Medicine),
    ("Liam Gallagher", Field::Medicine),
    ("Noor Al-Sayed", Field::Medicine),
    ("Beatriz Fonseca", Field::Medicine),
    ("Samuel Adeyemi", Field::Medicine),
    ("Clara Novak", Field::Biology),
    ("Rajesh Iyer", Field::Biology),
    ("Emily Hart", Field::Biology),
    ("Kwame Mensah", Field::Biology),
    ("Yara Haddad", Field::Biology),
    ("Lucas Moreau", Field::Biology),
    ("Hana Kim", Field::Biology),
    ("Peter Lindqvist", Field::Biology),
    ("Maya Cohen", Field::Biology),
    ("Andrei Popescu", Field::Biology),
    ("Rebecca Stone", Field::Law),
    ("Carlos Mendes", Field::Law),
    ("Fiona MacLeod", Field::Law),
    ("Daniel Weiss", Field::Law),
    ("Leila Farahani", Field::Law),
    ("Grace Turner", Field::Law),
    ("Michael Osei", Field::Law),
    ("Anna Petrova", Field::Law),
    ("James Whitfield", Field::Law),
    ("Elena Vasquez", Field::Mathematics),
    ("Tobias Kern", Field::Mathematics),
    ("Mei Chen", Field::Mathematics),
    ("Arjun Patel", Field::Mathematics),
    ("Sarah Blum", Field::Mathematics),
    ("Viktor Horvath", Field::Mathematics),
    ("Naomi Clarke", Field::Mathematics),
    ("Paolo Ricci", Field::Mathematics),
    ("Julia Berg", Field::Mathematics),
];
