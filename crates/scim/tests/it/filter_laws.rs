use arki_scim::AttributePath;
use arki_scim::filter::{Filter, Literal, Operator};
use arki_scim::path::Path;
use arki_scim::schema::ResourceType;
use proptest::prelude::*;
use serde_json::{Value, json};

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        any::<String>().prop_map(Literal::Text),
    ]
}

fn name() -> impl Strategy<Value = AttributePath> {
    let word = "[a-zA-Z][a-zA-Z0-9_-]{0,8}";
    let schema = proptest::option::of("urn:[a-z]{1,8}:[a-z]{1,8}:2\\.0:User");
    (schema, word, proptest::option::of("\\$?[a-zA-Z][a-zA-Z0-9_-]{0,8}"))
        .prop_map(|(schema, attribute, sub)| AttributePath { schema, attribute, sub })
}

fn operator() -> impl Strategy<Value = Operator> {
    proptest::sample::select(Operator::ALL.to_vec())
}

fn term(names: impl Strategy<Value = AttributePath> + Clone + 'static) -> BoxedStrategy<Filter> {
    let compare = (names.clone(), operator(), literal())
        .prop_map(|(path, operator, value)| Filter::compare(path, operator, value));
    prop_oneof![names.prop_map(Filter::Present), compare].boxed()
}

fn tree(leaf: BoxedStrategy<Filter>) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        let several = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(Filter::all),
            several.prop_map(Filter::any),
            inner.prop_map(|one| Filter::Not(Box::new(one))),
        ]
    })
    .boxed()
}

fn filter() -> BoxedStrategy<Filter> {
    let relative = "[a-z][a-zA-Z]{0,8}".prop_map(|name| AttributePath::plain(&name));
    let element = ("[a-z][a-zA-Z]{0,8}", tree(term(relative))).prop_map(|(name, inner)| Filter::Element {
        path: AttributePath::plain(&name),
        filter: Box::new(inner),
    });
    tree(prop_oneof![term(name().boxed()), element].boxed())
}

/// Filters that mean something for a person, over values that some persons have.
fn sensible() -> BoxedStrategy<Filter> {
    let text = |path: AttributePath| {
        (proptest::sample::select(vec![Operator::Eq, Operator::Ne, Operator::Co, Operator::Gt]), "[a-c]{0,2}")
            .prop_map(move |(operator, text)| Filter::compare(path.clone(), operator, Literal::Text(text)))
    };
    tree(
        prop_oneof![
            text(AttributePath::plain("title")),
            text(AttributePath::with_sub("name", "givenName")),
            text(AttributePath::plain("emails")),
            any::<bool>().prop_map(|truth| {
                Filter::compare(AttributePath::plain("active"), Operator::Eq, Literal::Bool(truth))
            }),
            Just(Filter::Present(AttributePath::plain("title"))),
        ]
        .boxed(),
    )
}

fn person() -> impl Strategy<Value = Value> {
    let text = || proptest::option::of("[a-c]{1,2}");
    (text(), text(), proptest::option::of(any::<bool>()), proptest::collection::vec("[a-c]{1,2}", 0..3))
        .prop_map(|(title, given, active, emails)| {
            let mut person = json!({"userName": "x"});
            if let Some(title) = title {
                person["title"] = title.into();
            }
            if let Some(given) = given {
                person["name"] = json!({"givenName": given});
            }
            if let Some(active) = active {
                person["active"] = active.into();
            }
            if !emails.is_empty() {
                person["emails"] = emails.into_iter().map(|value| json!({"value": value})).collect();
            }
            person
        })
}

proptest! {
    #[test]
    fn a_filter_reads_back_as_it_was_written(filter in filter()) {
        let text = filter.to_string();
        prop_assert_eq!(text.parse::<Filter>(), Ok(filter), "{}", text);
    }

    #[test]
    fn a_path_reads_back_as_it_was_written(attribute in name(), inner in tree(term("[a-z]{1,4}".prop_map(|n| AttributePath::plain(&n)).boxed())), filtered in any::<bool>()) {
        let path = Path { attribute, filter: filtered.then_some(inner) };
        let text = path.to_string();
        prop_assert_eq!(text.parse::<Path>(), Ok(path), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = text.parse::<Filter>();
        let _ = text.parse::<Path>();
    }

    #[test]
    fn no_near_filter_makes_the_parser_panic(text in "([a-z.]{1,4}|[ ()\\[\\]\"\\\\]| eq | and | or |not|pr|null|-1e9){0,20}") {
        if let Ok(filter) = text.parse::<Filter>() {
            prop_assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter));
        }
    }

    #[test]
    fn the_laws_of_logic_hold(a in sensible(), b in sensible(), person in person()) {
        let kind = ResourceType::user();
        let holds = |filter: &Filter| filter.matches(&kind, &person);
        let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
        prop_assert_eq!(holds(&not(&a)), !holds(&a));
        prop_assert_eq!(holds(&Filter::all([a.clone(), b.clone()])), holds(&a) && holds(&b));
        prop_assert_eq!(holds(&not(&Filter::all([a.clone(), b.clone()]))), holds(&Filter::any([not(&a), not(&b)])));
    }

    #[test]
    fn checking_never_changes_what_a_filter_means(filter in sensible(), person in person()) {
        let kind = ResourceType::user();
        let checked = filter.checked(&kind).unwrap();
        prop_assert_eq!(checked.matches(&kind, &person), filter.matches(&kind, &person));
    }

    #[test]
    fn of_one_value_ne_is_the_contrary_of_eq(text in "[a-c]{0,2}", person in person()) {
        let kind = ResourceType::user();
        let with = |operator| Filter::compare(AttributePath::plain("title"), operator, Literal::Text(text.clone()));
        prop_assert_ne!(with(Operator::Eq).matches(&kind, &person), with(Operator::Ne).matches(&kind, &person));
    }

    #[test]
    fn of_one_value_exactly_one_order_holds(text in "[a-c]{1,2}", person in person()) {
        let kind = ResourceType::user();
        let holds = |operator| {
            Filter::compare(AttributePath::plain("title"), operator, Literal::Text(text.clone())).matches(&kind, &person)
        };
        let orders = [Operator::Lt, Operator::Eq, Operator::Gt].into_iter().filter(|operator| holds(*operator)).count();
        prop_assert_eq!(orders, usize::from(person.get("title").is_some()));
    }
}
