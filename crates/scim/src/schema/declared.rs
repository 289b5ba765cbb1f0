//! The schemas that Arki declares. Only what the directory keeps is here: conformance suites write every writable
//! attribute and read it back.

use super::{Attribute, DataType, Mutability, ResourceType, Returned, Schema, Uniqueness};

/// RFC 7643, section 4.1.
pub const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// RFC 7643, section 4.2.
pub const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// RFC 7643, section 4.3.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// What Arki knows of a person beyond the RFC. Entra ID sends an attribute of an extension at creation only if the
/// URN has exactly this pattern, and only if the attribute is neither complex nor multi-valued.
pub const ARKI_USER: &str = "urn:ietf:params:scim:schemas:extension:arki:2.0:User";

impl Attribute {
    fn new(name: &'static str, data_type: DataType, description: &'static str) -> Self {
        Self {
            name,
            data_type,
            multi_valued: false,
            description,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            closed: false,
            reference_types: &[],
            longest: 1024,
            sticky: false,
            derived: false,
            sub_attributes: Vec::new(),
        }
    }

    fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, DataType::String, description)
    }

    fn complex(name: &'static str, description: &'static str, subs: Vec<Self>) -> Self {
        Self { sub_attributes: subs, ..Self::new(name, DataType::Complex, description) }
    }

    fn reference(types: &'static [&'static str], description: &'static str) -> Self {
        Self { reference_types: types, ..Self::new("$ref", DataType::Reference, description) }.exact()
    }

    fn derived(mut self) -> Self {
        self.derived = true;
        self
    }

    fn several(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    fn required(mut self) -> Self {
        self.required = true;
        self
    }

    fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    fn expects(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }

    fn only(self, values: &'static [&'static str]) -> Self {
        Self { closed: true, ..self.expects(values) }
    }
}

fn primary() -> Attribute {
    Attribute::new("primary", DataType::Boolean, "Whether this is the preferred one. At most one is.")
}

fn everywhere() -> Vec<Attribute> {
    let always = |attribute: Attribute| Attribute { returned: Returned::Always, ..attribute };
    let meta = vec![
        Attribute::text("resourceType", "The kind of the resource.").exact().read_only(),
        Attribute::new("created", DataType::DateTime, "When it was created.").read_only(),
        Attribute::new("lastModified", DataType::DateTime, "When it was last changed.").read_only(),
        Attribute { name: "location", ..Attribute::reference(&["uri"], "Where it is served.") }.read_only(),
        Attribute::text("version", "The entity tag.").exact().read_only(),
    ];
    vec![
        always(Attribute::text("id", "The identifier that Arki gave.").exact().read_only()).unique(),
        Attribute::text("externalId", "The identifier that the client gave; unique per client.").exact(),
        Attribute::complex("meta", "What Arki notes about the resource.", meta).read_only(),
    ]
}

fn name() -> Attribute {
    let parts = vec![
        Attribute::text("formatted", "The whole name."),
        Attribute::text("familyName", "The family name."),
        Attribute::text("givenName", "The given name."),
        Attribute::text("middleName", "The middle name."),
        Attribute::text("honorificPrefix", "A title in front of the name."),
        Attribute::text("honorificSuffix", "A title behind the name."),
    ];
    Attribute::complex("name", "The parts of the person's name.", parts)
}

fn contacts(
    name: &'static str,
    description: &'static str,
    value: &'static str,
    kinds: &'static [&'static str],
) -> Attribute {
    let parts = vec![
        Attribute::text("value", value),
        Attribute::text("display", "How it is shown."),
        Attribute::text("type", "What it is for.").expects(kinds),
        primary(),
    ];
    Attribute::complex(name, description, parts).several()
}

fn addresses() -> Attribute {
    let parts = vec![
        Attribute::text("formatted", "The whole address."),
        Attribute::text("streetAddress", "The street and the house."),
        Attribute::text("locality", "The town."),
        Attribute::text("region", "The region."),
        Attribute::text("postalCode", "The postal code."),
        Attribute::text("country", "The country, by ISO 3166-1 alpha-2."),
        Attribute::text("type", "What it is for.").expects(&["work", "home", "other"]),
        primary(),
    ];
    Attribute::complex("addresses", "Where the person is reached by post.", parts).several()
}

fn groups() -> Attribute {
    let parts = vec![
        Attribute::text("value", "The id of the group.").exact().read_only(),
        Attribute::reference(&["Group"], "Where the group is served.").read_only(),
        Attribute::text("display", "The name of the group.").read_only(),
        Attribute::text("type", "How the person came to belong.").read_only().expects(&["direct"]),
    ];
    Attribute::complex("groups", "The groups that the person belongs to; change them there.", parts)
        .several()
        .read_only()
}

fn core_user() -> Schema {
    let active = Attribute::new("active", DataType::Boolean, "Whether the person works here now.");
    Schema {
        id: CORE_USER,
        name: "User",
        description: "A person",
        attributes: vec![
            Attribute::text("userName", "The name under which the identity provider knows the person.")
                .required()
                .unique(),
            name(),
            Attribute::text("displayName", "The name as it is shown to others."),
            Attribute::text("title", "The job title, such as Payroll Clerk."),
            Attribute::text("userType", "How the person relates to the organisation, in its own words."),
            Attribute::text("preferredLanguage", "The language that the person reads, as a BCP 47 tag."),
            Attribute::text("locale", "How dates and numbers are written, as a BCP 47 tag."),
            Attribute::text("timezone", "The IANA time zone, such as Europe/Helsinki."),
            Attribute { sticky: true, ..active },
            contacts("emails", "Where mail reaches the person.", "The address.", &["work", "home", "other"]),
            contacts(
                "phoneNumbers",
                "Where calls reach the person.",
                "The number, as the client wrote it.",
                &["work", "home", "mobile", "fax", "pager", "other"],
            ),
            addresses(),
            contacts("roles", "Roles in the identity provider's words.", "The role.", &[]),
            groups(),
        ],
    }
}

fn enterprise_user() -> Schema {
    let manager = vec![
        Attribute::text("value", "The id of the manager.").exact(),
        Attribute::reference(&["User"], "Where the manager is served.").derived(),
    ];
    Schema {
        id: ENTERPRISE_USER,
        name: "EnterpriseUser",
        description: "An employee",
        attributes: vec![
            Attribute::text("employeeNumber", "The number in the personnel system."),
            Attribute::text("costCenter", "The cost centre."),
            Attribute::text("organization", "The organisation."),
            Attribute::text("division", "The division."),
            Attribute::text("department", "The department."),
            Attribute::complex("manager", "Whom the person reports to.", manager),
        ],
    }
}

fn arki_user() -> Schema {
    let opt_out = "Whether the person asks for no surveys.";
    Schema {
        id: ARKI_USER,
        name: "ArkiUser",
        description: "What Arki knows of an employee beyond the standard",
        attributes: vec![
            Attribute::text("employmentState", "Where an employee stands; finer than active.").only(&[
                "active",
                "longLeave",
                "left",
            ]),
            Attribute::text("unit", "The unit, by its external id or as units/….").exact(),
            Attribute::text("role", "The job role, by its external id or as roles/….").exact(),
            Attribute::text("hireDate", "The first day of work, such as 2026-01-05 (ISO 8601)."),
            Attribute::text("jobLevel", "The level of the job, in the organisation's own words."),
            Attribute::text("location", "Where the person works, in the organisation's own words."),
            Attribute::new("surveyOptOut", DataType::Boolean, opt_out),
        ],
    }
}

fn core_group() -> Schema {
    let members = vec![
        Attribute::text("value", "The id of the member.").exact().immutable().required(),
        Attribute::reference(&["User"], "Where the member is served.").immutable().derived(),
        Attribute::text("type", "The kind of the member.").immutable().derived().expects(&["User"]),
    ];
    Schema {
        id: CORE_GROUP,
        name: "Group",
        description: "A group of people",
        attributes: vec![
            Attribute::text("displayName", "The name of the group.").required().unique(),
            Attribute::complex("members", "The people of the group.", members).several(),
        ],
    }
}

impl ResourceType {
    /// A person.
    pub fn user() -> Self {
        Self {
            name: "User",
            endpoint: "/Users",
            description: "A person",
            core: core_user(),
            extensions: vec![enterprise_user(), arki_user()],
            everywhere: everywhere(),
            let_pass: vec![
                "schemas",
                "nickName",
                "profileUrl",
                "password",
                "ims",
                "photos",
                "entitlements",
                "x509Certificates",
            ],
        }
    }

    /// A group of people.
    pub fn group() -> Self {
        Self {
            name: "Group",
            endpoint: "/Groups",
            description: "A group of people",
            core: core_group(),
            extensions: Vec::new(),
            everywhere: everywhere(),
            let_pass: vec!["schemas"],
        }
    }
}
