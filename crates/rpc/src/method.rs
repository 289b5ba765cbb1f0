//! The names of a method: what is shown in spans and metrics for a path on the wire.

/// Paths of services that belong to the house's plumbing: they carry no data of a tenant, answer without a caller,
/// and must answer when the service is full.
const PLUMBING: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection."];

/// Whether `path` belongs to health or reflection.
pub fn is_plumbing(path: &str) -> bool {
    PLUMBING.iter().any(|prefix| path.starts_with(prefix))
}

/// Splits `/arki.goal.v1.GoalService/UpdateGoal` into the full service name and the method.
pub fn split(path: &str) -> Option<(&str, &str)> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some((service, method))
}

/// The short name of a method: `goal.UpdateGoal` for `/arki.goal.v1.GoalService/UpdateGoal`. A service outside the
/// house keeps its full name.
pub fn short_name(path: &str) -> String {
    let Some((service, method)) = split(path) else { return path.to_owned() };
    let mut segments = service.split('.');
    match (segments.next(), segments.next()) {
        (Some("arki"), Some(name)) => format!("{name}.{method}"),
        _ => format!("{service}/{method}"),
    }
}

/// Whether the method only reads by its name, so that calling it twice is calling it once.
pub fn only_reads(path: &str) -> bool {
    split(path).is_some_and(|(_, method)| {
        ["Get", "List", "Search", "BatchGet"].iter().any(|verb| {
            // `GetGoal` reads, `Getaway` does not: a verb ends where the noun's capital begins.
            method.strip_prefix(verb).is_some_and(|noun| noun.chars().next().is_none_or(char::is_uppercase))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_short_name() {
        assert_eq!(short_name("/arki.goal.v1.GoalService/UpdateGoal"), "goal.UpdateGoal");
        assert_eq!(short_name("/grpc.health.v1.Health/Check"), "grpc.health.v1.Health/Check");
        assert_eq!(short_name("nonsense"), "nonsense");
    }

    #[test]
    fn only_gets_lists_and_searches_read() {
        for (path, reads) in [
            ("/arki.goal.v1.GoalService/GetGoal", true),
            ("/arki.goal.v1.GoalService/BatchGetGoals", true),
            ("/arki.goal.v1.GoalService/ListGoals", true),
            ("/arki.goal.v1.GoalService/SearchGoals", true),
            ("/arki.goal.v1.GoalService/UpdateGoal", false),
            ("/arki.goal.v1.GoalService/Getaway", false),
            ("/arki.goal.v1.GetService/CreateGoal", false),
            ("GetGoal", false),
        ] {
            assert_eq!(only_reads(path), reads, "{path}");
        }
    }

    #[test]
    fn only_health_and_reflection_are_plumbing() {
        assert!(is_plumbing("/grpc.health.v1.Health/Check"));
        assert!(is_plumbing("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));
        assert!(!is_plumbing("/arki.goal.v1.GoalService/GetGoal"));
        assert!(!is_plumbing("/grpc.health.v1.Healthy/Check"));
    }
}
