use arki_proto::goal::v1 as pb;
use arki_test_support::{TestDatabase, ask, fields, said, told};
use tonic::Code;

use crate::world::World;

async fn lint(world: &World, language: &str, text: &str) -> Result<pb::LintTextResponse, arki_rpc::Failure> {
    let request = pb::LintTextRequest { text: text.to_owned(), language: language.to_owned() };
    said(world.client().lint_text(ask(world.tenant, "goal.read", request)).await)
}

#[tokio::test]
async fn a_text_is_judged_with_places_advice_and_readability() {
    let world = World::start(TestDatabase::sqlite()).await;
    let judged = lint(&world, "fi", "Annan hyvää palvelua.").await.unwrap();
    assert_eq!(judged.findings.len(), 1);
    let finding = &judged.findings[0];
    assert_eq!((finding.kind(), finding.start, finding.end), (pb::LintKind::EmptyAdjective, 6, 11));
    assert_eq!(finding.words, "hyvää");
    assert!(finding.advice.contains("Kirjoita"));
    // 3 words in a sentence, one of them long.
    assert!((judged.readability - (3.0 + 100.0 / 3.0)).abs() < 1e-9);
    let judged = lint(&world, "sv", "NPS 62").await.unwrap();
    assert_eq!(judged.findings[0].kind(), pb::LintKind::NumberOnly);
    assert!(lint(&world, "en", "I call back within two hours").await.unwrap().findings.is_empty());
}

#[tokio::test]
async fn a_language_without_a_lexicon_and_a_missing_text_are_refused() {
    let world = World::start(TestDatabase::sqlite()).await;
    assert_eq!(fields(lint(&world, "et", "Parim").await), ["language"]);
    assert_eq!(fields(lint(&world, "en", "").await), ["text"]);
    assert_eq!(
        told(lint(&world, "en", &"x".repeat(4_001)).await),
        (Code::InvalidArgument, "INVALID_FIELDS".to_owned())
    );
}
