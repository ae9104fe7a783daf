//! A requirement is read strictly, written canonically, and judged as logic and the calendar ask.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::experts::credential::{CredentialKind, CredentialLevel, CredentialState};
use crate::experts::language::{LanguageLevel, SpokenLanguage};
use crate::experts::license_title::LicenseTitle;
use crate::kernel::{ExpertId, ProjectId, PseudonymId};

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(offset)
}

fn read(value: Value) -> Requirement {
    parse(&value).unwrap()
}

fn wrong(value: Value) -> Vec<(String, String)> {
    parse(&value).unwrap_err().into_iter().map(|found| (found.pointer, found.code)).collect()
}

fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

fn id(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

fn held(kind: CredentialKind, field: &str, title: &str, place: Option<&str>) -> HeldCredential {
    HeldCredential {
        kind,
        state: CredentialState::Verified,
        field: field.parse().unwrap(),
        level: (kind == CredentialKind::Degree).then_some(CredentialLevel::Professional),
        title: title.to_owned(),
        jurisdiction: place.map(|place| place.parse().unwrap()),
        valid_from: day(0),
        valid_until: None,
    }
}

fn facts() -> Facts {
    Facts {
        expert: ExpertId(id(1)),
        pseudonyms: vec![PseudonymId(id(2))],
        country: "US".parse().unwrap(),
        languages: vec![SpokenLanguage { code: "en".parse().unwrap(), level: LanguageLevel::C1 }],
        credentials: vec![
            held(CredentialKind::Degree, "0421", "JD", None),
            held(CredentialKind::License, "0421", "bar", Some("US-NY")),
            held(CredentialKind::Certification, "0612", "AWS  Solutions architect", None),
        ],
        accepted_tasks: 20,
        reputation: vec![
            FieldReputation { field: None, bps: 8_000 },
            FieldReputation { field: Some("0421".parse().unwrap()), bps: 9_000 },
            FieldReputation { field: Some("042".parse().unwrap()), bps: 8_900 },
        ],
        qualified: vec![ProjectId(id(5))],
    }
}

fn eligible(value: Value) -> bool {
    evaluate(&read(value), &facts(), day(1)).eligible
}

#[test]
fn every_leaf_answers() {
    for leaf in [
        json!({"credential": {"field": "0421", "level": "master"}}),
        json!({"credential": {"field": "04"}}),
        json!({"credential": {"field": "0612"}}),
        json!({"license": {"title": "bar", "jurisdiction": "US"}}),
        json!({"license": {"title": "bar", "jurisdiction": "US-NY"}}),
        json!({"certification": {"title": "aws solutions Architect "}}),
        json!({"language": {"code": "en", "at_least": "C1"}}),
        json!({"country": {"in": ["CA", "US"]}}),
        json!({"reputation": {"at_least": 0.8}}),
        json!({"reputation": {"at_least": 0.89, "field": "042"}}),
        json!({"qualified": {"project": ProjectId(id(5)).to_string()}}),
        json!({"accepted_tasks": {"at_least": 20}}),
        json!({"expert": {"in": [PseudonymId(id(2)).to_string()]}}),
        json!({"expert": {"in": [ExpertId(id(9)).to_string(), ExpertId(id(1)).to_string()]}}),
    ] {
        assert!(eligible(leaf.clone()), "{leaf}");
    }
    for leaf in [
        json!({"credential": {"field": "0421", "level": "doctoral"}}),
        json!({"credential": {"field": "0411"}}),
        json!({"credential": {"field": "0612", "level": "bachelor"}}),
        json!({"license": {"title": "bar", "jurisdiction": "US-CA"}}),
        json!({"license": {"title": "medical"}}),
        json!({"certification": {"title": "bar"}}),
        json!({"language": {"code": "en", "at_least": "C2"}}),
        json!({"language": {"code": "de"}}),
        json!({"country": {"in": ["CA"]}}),
        json!({"reputation": {"at_least": 0.8001}}),
        json!({"reputation": {"at_least": 0.1, "field": "051"}}),
        json!({"reputation": {"at_least": 0.9, "field": "042"}}),
        json!({"qualified": {"project": ProjectId(id(6)).to_string()}}),
        json!({"accepted_tasks": {"at_least": 21}}),
        json!({"expert": {"in": [PseudonymId(id(1)).to_string()]}}),
    ] {
        assert!(!eligible(leaf.clone()), "{leaf}");
    }
}

#[test]
fn findings_have_exact_pointers() {
    let leaf = |value: Value| json!({"all": [{"accepted_tasks": {"at_least": 0}}, value]});
    let below = |word: &str| format!("/all/1/{word}");
    for (value, pointer, code) in [
        (json!({"credential": {"field": "0599"}}), below("credential/field"), "unknown_field"),
        (json!({"credential": {"level": "master"}}), below("credential/field"), "required"),
        (json!({"credential": {"field": "051", "level": "phd"}}), below("credential/level"), "unknown_word"),
        (json!({"credential": {"field": "051", "a/b": 1}}), below("credential/a~1b"), "unknown_member"),
        (json!({"credential": {"field": 51}}), below("credential/field"), "not_text"),
        (json!({"credential": {"field": "051", "level": null}}), below("credential/level"), "not_text"),
        (json!({"license": {"title": "attorney"}}), below("license/title"), "unknown_word"),
        (
            json!({"license": {"title": "bar", "jurisdiction": "USA"}}),
            below("license/jurisdiction"),
            "unknown_jurisdiction",
        ),
        (json!({"certification": {"title": ""}}), below("certification/title"), "not_a_name"),
        (json!({"language": {"code": "english"}}), below("language/code"), "unknown_language"),
        (json!({"country": {"in": ["US", "XX"]}}), below("country/in/1"), "unknown_country"),
        (json!({"country": {"in": []}}), below("country/in"), "empty"),
        (json!({"country": {"in": vec!["US"; 501]}}), below("country/in"), "too_long"),
        (json!({"country": {}}), below("country/in"), "required"),
        (json!({"country": ["US"]}), below("country"), "not_an_object"),
        (json!({"reputation": {"at_least": 1.01}}), below("reputation/at_least"), "out_of_range"),
        (json!({"reputation": {"at_least": -0.1}}), below("reputation/at_least"), "out_of_range"),
        (json!({"reputation": {"at_least": 0.12345}}), below("reputation/at_least"), "out_of_range"),
        (json!({"reputation": {"at_least": "0.8"}}), below("reputation/at_least"), "out_of_range"),
        (json!({"accepted_tasks": {"at_least": 1.5}}), below("accepted_tasks/at_least"), "out_of_range"),
        (json!({"accepted_tasks": {}}), below("accepted_tasks/at_least"), "out_of_range"),
        (json!({"expert": {"in": ["acc_00000000000000000000000001"]}}), below("expert/in/0"), "not_an_id"),
        (json!({"salary": {"at_least": 1}}), below("salary"), "unknown_leaf"),
        (json!({"all": []}), below("all"), "empty"),
        (json!({"any": {}}), below("any"), "not_a_list"),
        (json!({"not": []}), below("not"), "not_a_requirement"),
        (json!({"all": [], "any": []}), "/all/1".to_owned(), "not_a_requirement"),
        (json!({}), "/all/1".to_owned(), "not_a_requirement"),
        (json!("any"), "/all/1".to_owned(), "not_a_requirement"),
    ] {
        assert_eq!(wrong(leaf(value.clone())), one(&pointer, code), "{value}");
    }
    let two = wrong(json!({"any": [{"credential": {}}, {"not": {"language": {"code": "en", "at_least": "D1"}}}]}));
    let expected = [one("/any/0/credential/field", "required"), one("/any/1/not/language/at_least", "unknown_word")];
    assert_eq!(two, expected.concat());
}

#[test]
fn depth_and_leaves_have_limits() {
    let leaf = json!({"accepted_tasks": {"at_least": 1}});
    let nested = |times: usize| (0..times).fold(leaf.clone(), |inner, _| json!({"not": inner}));
    assert!(parse(&nested(7)).is_ok());
    assert_eq!(wrong(nested(8)), one("/not/not/not/not/not/not/not/not", "too_deep"));
    let wide = |count: usize| json!({"all": [{"any": vec![leaf.clone(); 32]}, {"any": vec![leaf.clone(); count]}]});
    assert!(parse(&wide(32)).is_ok());
    assert_eq!(wrong(wide(33)), one("/all/1/any/32/accepted_tasks", "too_many_leaves"));
    assert_eq!(wrong(json!({"all": vec![leaf.clone(); 65]})), one("/all", "too_long"));
}

#[test]
fn the_canonical_form_is_what_a_careful_caller_writes() {
    for value in [
        json!({"reputation": {"at_least": 0.8, "field": "051"}}),
        json!({"reputation": {"at_least": 1}}),
        json!({"not": {"license": {"title": "bar"}}}),
        json!({"all": [{"country": {"in": ["US", "CA"]}}, {"language": {"code": "en", "at_least": "native"}}]}),
    ] {
        assert_eq!(serde_json::to_value(read(value.clone())).unwrap(), value);
    }
    let spare = read(serde_json::from_str(r#"{"reputation":{"at_least":0.80}}"#).unwrap());
    assert_eq!(spare.to_json().to_string(), r#"{"reputation":{"at_least":0.8}}"#);
}

#[test]
fn why_not_me_is_told_for_every_branch() {
    let requirement = read(json!({"all": [
        {"country": {"in": ["US"]}},
        {"not": {"license": {"title": "bar"}}},
        {"any": [{"language": {"code": "de"}}, {"all": [{"credential": {"field": "05"}}, {"accepted_tasks": {"at_least": 1}}]}]},
        {"expert": {"in": ["xpn_00000000000000000000000009"]}},
        {"not": {"any": [{"not": {"accepted_tasks": {"at_least": 99}}}, {"country": {"in": ["CA"]}}]}}
    ]}));
    let verdict = evaluate(&requirement, &facts(), day(1));
    let failing: Vec<_> = verdict.failing.iter().map(|leaf| (leaf.pointer.as_str(), leaf.one_of.as_deref())).collect();
    assert_eq!(
        failing,
        [
            ("/all/1/not/license", None),
            ("/all/2/any/0/language", Some("/all/2/any")),
            ("/all/2/any/1/all/0/credential", Some("/all/2/any")),
            ("/all/3/expert", None),
            ("/all/4/not/any/0/not/accepted_tasks", None),
        ]
    );
    let why: Vec<_> = verdict.failing.iter().map(|leaf| leaf.why.as_str()).collect();
    assert_eq!(why[0], "This is closed to anyone with a verified bar license.");
    assert_eq!(why[4], "This asks for 99 or more accepted tasks.");
    assert_eq!(verdict.failing[2].leaf, json!({"credential": {"field": "05"}}));
    assert!(!serde_json::to_string(&verdict).unwrap().contains("xpn_"));
}

#[test]
fn an_expiry_is_foretold_and_explained() {
    let requirement = read(json!({"license": {"title": "bar", "jurisdiction": "US-NY"}}));
    let mut facts = facts();
    facts.credentials[1].valid_until = Some(day(10));
    assert_eq!(
        evaluate(&requirement, &facts, day(10)),
        Verdict { eligible: true, until: Some(day(11)), failing: vec![] }
    );
    let after = evaluate(&requirement, &facts, day(11));
    assert_eq!((after.eligible, after.until), (false, None));
    assert_eq!(after.failing[0].why, "This asks for a verified bar license for US-NY. Yours ended on 2026-01-11.");
    facts.credentials[1].state = CredentialState::Pending;
    assert!(evaluate(&requirement, &facts, day(5)).failing[0].why.ends_with("Yours awaits verification."));
}

fn words<T: std::fmt::Debug + Clone + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>(
    all: &'static [&'static str],
) -> impl Strategy<Value = T> {
    prop::sample::select(all).prop_map(|text| text.parse().unwrap())
}

const FIELDS: &[&str] = &["04", "042", "0421", "05", "051", "0512"];
const PLACES: &[&str] = &["US", "US-NY", "US-CA", "GB"];
const TITLES: &[&str] = &["bar", "medical", "AWS"];

fn any_leaf() -> impl Strategy<Value = Leaf> {
    let field = || parsed(FIELDS);
    let ids = (0u128..4).prop_map(|n| {
        if n % 2 == 0 { ExpertRef::Expert(ExpertId(id(n))) } else { ExpertRef::Pseudonym(PseudonymId(id(n))) }
    });
    prop_oneof![
        3 => (field(), prop::option::of(words(CredentialLevel::ALL))).prop_map(|(field, level)| Leaf::Credential { field, level }),
        2 => (words(&[LicenseTitle::Bar, LicenseTitle::Medical]), prop::option::of(parsed(PLACES)))
            .prop_map(|(title, jurisdiction)| Leaf::License { title, jurisdiction }),
        1 => words(TITLES).prop_map(|title| Leaf::Certification { title: title.to_owned() }),
        1 => (parsed(&["en", "de"]), prop::option::of(words(LanguageLevel::ALL)))
            .prop_map(|(code, at_least)| Leaf::Language { code, at_least }),
        1 => prop::collection::vec(parsed(&["US", "GB"]), 1..3).prop_map(|within| Leaf::Country { within }),
        1 => (0u16..=10_000, prop::option::of(field())).prop_map(|(at_least_bps, field)| Leaf::Reputation { at_least_bps, field }),
        1 => (0u32..40).prop_map(|at_least| Leaf::AcceptedTasks { at_least }),
        1 => (0u128..3).prop_map(|n| Leaf::Qualified { project: ProjectId(id(n)) }),
        1 => prop::collection::vec(ids, 1..3).prop_map(|among| Leaf::Expert { among }),
    ]
}

fn any_tree(with_not: bool) -> impl Strategy<Value = Requirement> {
    any_leaf().prop_map(Requirement::Leaf).prop_recursive(4, 24, 3, move |inner| {
        let many = || prop::collection::vec(inner.clone(), 1..4);
        let not = inner.clone().prop_map(|node| Requirement::Not(Box::new(node)));
        prop_oneof![
            2 => many().prop_map(Requirement::All),
            2 => many().prop_map(Requirement::Any),
            u32::from(with_not) => not,
        ]
    })
}

fn any_credential() -> impl Strategy<Value = HeldCredential> {
    let what =
        (words(CredentialKind::ALL), parsed(FIELDS), prop::option::of(words(CredentialLevel::ALL)), words(TITLES));
    let days = (0u64..40, prop::option::of(0u64..40));
    (what, prop::option::of(parsed(PLACES)), words(CredentialState::ALL), days).prop_map(
        |((kind, field, level, title), jurisdiction, state, (from, until))| HeldCredential {
            kind,
            state: if from % 4 == 0 { state } else { CredentialState::Verified },
            field,
            level,
            title: title.to_owned(),
            jurisdiction,
            valid_from: day(from),
            valid_until: until.map(|until| day(from + until)),
        },
    )
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let reputation =
        (prop::option::of(parsed(FIELDS)), 0u16..=10_000).prop_map(|(field, bps)| FieldReputation { field, bps });
    let language =
        (parsed(&["en", "de"]), words(LanguageLevel::ALL)).prop_map(|(code, level)| SpokenLanguage { code, level });
    let lists = (
        prop::collection::vec(language, 0..3),
        prop::collection::vec(any_credential(), 0..6),
        prop::collection::vec(reputation, 0..4),
    );
    (0u128..4, parsed(&["US", "GB", "FR"]), 0u32..40, lists).prop_map(
        |(n, country, accepted_tasks, (languages, credentials, reputation))| Facts {
            expert: ExpertId(id(n)),
            pseudonyms: vec![PseudonymId(id(n))],
            country,
            languages,
            credentials,
            accepted_tasks,
            reputation,
            qualified: vec![ProjectId(id(n))],
        },
    )
}

fn not(node: Requirement) -> Requirement {
    Requirement::Not(Box::new(node))
}

proptest! {
    #[test]
    fn what_is_written_is_read(tree in any_tree(true)) {
        let json = tree.to_json();
        prop_assert_eq!(parse(&json), Ok(tree.clone()));
        let text: Value = serde_json::from_str(&json.to_string()).unwrap();
        prop_assert_eq!(parse(&text), Ok(tree));
    }

    #[test]
    fn logic_holds(a in any_tree(true), b in any_tree(true), facts in any_facts(), today in 0u64..90) {
        let says = |tree: &Requirement| holds(tree, &facts, day(today));
        let both = Requirement::All(vec![a.clone(), b.clone()]);
        let either = Requirement::Any(vec![a.clone(), b.clone()]);
        prop_assert_eq!(says(&not(both.clone())), says(&Requirement::Any(vec![not(a.clone()), not(b.clone())])));
        prop_assert_eq!(says(&not(either)), says(&Requirement::All(vec![not(a.clone()), not(b.clone())])));
        prop_assert_eq!(says(&not(not(a.clone()))), says(&a));
        prop_assert_eq!(says(&both), says(&Requirement::All(vec![b, a])));
    }

    #[test]
    fn one_more_credential_never_hurts(tree in any_tree(false), facts in any_facts(), more in any_credential(), today in 0u64..90) {
        let before = holds(&tree, &facts, day(today));
        let mut facts = facts;
        facts.credentials.push(more);
        prop_assert!(!before || holds(&tree, &facts, day(today)));
    }

    #[test]
    fn what_is_not_verified_or_not_of_today_counts_for_nothing(tree in any_tree(true), facts in any_facts(), today in 0u64..90) {
        let mut only = facts.clone();
        only.credentials.retain(|held| {
            held.state == CredentialState::Verified && held.valid_from <= day(today) && held.valid_until.is_none_or(|until| day(today) <= until)
        });
        prop_assert_eq!(holds(&tree, &facts, day(today)), holds(&tree, &only, day(today)));
    }

    #[test]
    fn the_answer_stays_until_the_day_foretold(tree in any_tree(true), facts in any_facts(), today in 0u64..90) {
        let verdict = evaluate(&tree, &facts, day(today));
        let until = verdict.until.unwrap_or(day(200));
        prop_assert!(until > day(today));
        for later in day(today).iter_days().take_while(|later| *later < until) {
            prop_assert_eq!(holds(&tree, &facts, later), verdict.eligible);
        }
    }

    #[test]
    fn whoever_is_turned_away_learns_why(tree in any_tree(true), facts in any_facts(), today in 0u64..90) {
        let verdict = evaluate(&tree, &facts, day(today));
        prop_assert_eq!(verdict.eligible, verdict.failing.is_empty());
        let pointers: Vec<String> = tree.leaves().into_iter().map(|(pointer, _)| pointer).collect();
        let json = tree.to_json();
        for failing in verdict.failing {
            prop_assert!(pointers.contains(&failing.pointer));
            prop_assert!(json.pointer(&failing.pointer).is_some());
            prop_assert!(failing.one_of.is_none_or(|group| json.pointer(&group).is_some_and(Value::is_array)));
        }
    }
}
