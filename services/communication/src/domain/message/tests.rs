use super::*;

fn option(key: &str, correct: bool) -> OptionOf {
    OptionOf { key: key.to_owned(), label: Words::new("en", key), correct }
}

fn content() -> MessageContent {
    MessageContent {
        kind: MessageKind::Focus,
        subject: Words::new("en", "Fewer transfers").and("fi", "Vähemmän siirtoja"),
        body: Words::new("en", "From Monday on, one of us sees a case through. More: {link}"),
        why: Words::new("en", "Customers were passed on three times."),
        what_stays: Words::default(),
        where_to_get_help: Words::default(),
        comprehension: Some(Comprehension {
            key: "understood".to_owned(),
            text: Words::new("en", "Who answers a case from Monday on?"),
            options: vec![option("one", true), option("many", false)],
        }),
    }
}

fn fields(content: &MessageContent) -> Vec<String> {
    match content.check() {
        Err(Error::MessageInvalid(violations)) => violations.into_iter().map(|found| found.field).collect(),
        Ok(()) => Vec::new(),
        Err(other) => panic!("{other}"),
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

#[test]
fn a_message_whose_parts_fit_together_is_taken() {
    assert_eq!(fields(&content()), Vec::<String>::new());
}

type Spoil = fn(&mut MessageContent);

#[test]
fn every_part_that_does_not_fit_is_named() {
    let cases: Vec<(&str, Spoil, &[&str])> = vec![
        ("no subject", |it| it.subject = Words::default(), &["message.body"]),
        ("no body", |it| it.body = Words::default(), &["message.body"]),
        ("no common language", |it| it.body = Words::new("sv", "Hej"), &["message.body"]),
        ("two lines", |it| it.subject = Words::new("en", "a\r\nBcc: x@example.org"), &["message.subject"]),
        ("long subject", |it| it.subject = Words::new("en", &"a".repeat(201)), &["message.subject"]),
        ("bad tag", |it| it.why = Words::new("english", "because"), &["message.why"]),
        ("other placeholder", |it| it.body = Words::new("en", "Dear {name}"), &["message.body"]),
        ("link in the subject", |it| it.subject = Words::new("en", "See {link}"), &["message.subject"]),
        (
            "no wrong answer",
            |it| it.comprehension.as_mut().unwrap().options[1].correct = true,
            &["message.comprehension.options"],
        ),
        (
            "no correct answer",
            |it| it.comprehension.as_mut().unwrap().options[0].correct = false,
            &["message.comprehension.options"],
        ),
        (
            "same key",
            |it| it.comprehension.as_mut().unwrap().options[1].key = "one".to_owned(),
            &["message.comprehension.options[1].key"],
        ),
        (
            "no label",
            |it| it.comprehension.as_mut().unwrap().options[1].label = Words::default(),
            &["message.comprehension.options[1].label"],
        ),
        (
            "no question",
            |it| it.comprehension.as_mut().unwrap().text = Words::default(),
            &["message.comprehension.text"],
        ),
    ];
    for (what, spoil, expected) in cases {
        let mut content = content();
        spoil(&mut content);
        assert_eq!(fields(&content), expected, "{what}");
    }
}

#[test]
fn a_change_touches_what_it_names_and_counts_the_revision() {
    let message = Message::new(MessageId::random(), content(), now()).unwrap();
    let later = now() + chrono::TimeDelta::hours(1);
    let change = MessageChange { why: Some(Words::new("en", "Because.")), ..MessageChange::default() };
    let changed = message.change(change, false, later).unwrap();
    assert_eq!((changed.revision, changed.update_time, changed.create_time), (2, later, now()));
    assert_eq!(changed.content.why, Words::new("en", "Because."));
    assert_eq!(changed.content.body, message.content.body);
}

#[test]
fn a_question_that_was_answered_keeps_its_meaning_but_not_its_words() {
    let message = Message::new(MessageId::random(), content(), now()).unwrap();
    let with = |edit: fn(&mut Comprehension)| {
        let mut question = content().comprehension.unwrap();
        edit(&mut question);
        MessageChange { comprehension: Some(Some(question)), ..MessageChange::default() }
    };
    let reworded = with(|it| it.text = Words::new("en", "Who sees a case through?"));
    assert!(message.change(reworded, true, now()).is_ok());
    let turned = || with(|it| it.options.iter_mut().for_each(|option| option.correct = !option.correct));
    assert!(matches!(message.change(turned(), true, now()), Err(Error::MessageInvalid(_))));
    assert!(message.change(turned(), false, now()).is_ok());
    let taken = MessageChange { comprehension: Some(None), ..MessageChange::default() };
    assert!(matches!(message.change(taken, true, now()), Err(Error::MessageInvalid(_))));
}
