//! How texts are written, as far as a regular expression tells.
//!
//! The expressions are of the kind that every engine takes (no look-around, nothing repeated more than 1000
//! times), and refuse nothing that the reader takes: where they cannot be exact they are wider.

/// How a text is written.
pub(super) struct Text {
    /// An expression of ECMA-262 that finds something in every such text.
    pub(super) pattern: &'static str,
    /// What the reader says of another text. Editors show it in place of the expression.
    pub(super) message: &'static str,
    /// A text that is written so. None for secrets, and for what tells who may pass: an editor proposes it.
    pub(super) example: &'static str,
}

/// A name of a list, an API or a label.
pub(super) const NAME: Text = Text {
    pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
    message: "expected a name of 1 to 64 of a-z, 0-9, `_` and `-`, beginning with a letter or digit",
    example: "partners",
};

/// A text that can stand in a header as it is.
pub(super) const PRINTABLE: Text = Text {
    pattern: "^[!-~]([ -~]{0,254}[!-~])?$",
    message: "expected 1 to 256 printable ASCII characters without blanks at the ends",
    example: "partner-a",
};

/// A SHA-256 in hex, with or without colons.
pub(super) const SHA256: Text = Text {
    pattern: "^([0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31})$",
    message: "expected a SHA-256 as 64 hex digits",
    example: "",
};

/// A SHA-256 in base64, padded. The last character before the padding has two bits that are 0.
pub(super) const SPKI_SHA256: Text = Text {
    pattern: "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
    message: "expected a SHA-256 in base64 (44 characters, padded)",
    example: "",
};

/// A serial number in hex.
pub(super) const SERIAL: Text = Text {
    pattern: "^([0-9A-Fa-f]+|[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2})+)$",
    message: "expected a serial number in hex, as \"0A:1F\"",
    example: "38:A4:B6:E9:78:3C:F6:2E",
};

/// A date and time (RFC 3339), parted by `T`, `t` or a blank.
pub(super) const MOMENT: Text = Text {
    pattern: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    message: "expected a date and time as 2027-01-01T00:00:00Z",
    example: "2027-01-01T00:00:00Z",
};

/// A length of time. That it is ten years at the most, and where others have bounds, only the reader tells.
pub(super) const PERIOD: Text = Text {
    pattern: "^[0-9]+(ms|s|m|h)$",
    message: "expected a whole number of ms, s, m or h as \"30s\" or \"24h\", ten years at the most",
    example: "30s",
};

/// A length of time of 1 to 100 ms.
pub(super) const TICK: Text =
    Text { pattern: "^0*([1-9][0-9]?|100)ms$", message: "expected 1ms to 100ms", example: "3ms" };

/// Certificates in PEM.
pub(super) const CERTIFICATE: Text = Text {
    pattern: r"-----BEGIN (X\.?509 )?CERTIFICATE-----",
    message: "expected a certificate in PEM, found no PEM block",
    example: "",
};

/// Certificate revocation lists in PEM.
pub(super) const REVOCATION_LIST: Text = Text {
    pattern: "-----BEGIN (X509 )?CRL-----",
    message: "expected a revocation list in PEM, found no PEM block",
    example: "",
};

/// A DNS name, or all of one label more.
pub(super) const DNS_PATTERN: Text = Text {
    pattern: r"^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
    message: "expected a host name, or \"*.\" and a host name for exactly one label more",
    example: "*.example.com",
};

/// A URI, or all that begin with one and go on.
pub(super) const URI_PATTERN: Text = Text {
    pattern: r"^[A-Za-z0-9+.-]+:/*[!-)+-.0-~][!-)+-~]*(/\*)?$",
    message: "expected a URI, or a URI that ends in \"/*\"",
    example: "spiffe://example.com/ns/*",
};

/// A mailbox, or all of a host.
pub(super) const EMAIL_PATTERN: Text = Text {
    pattern: r"^([!-)+-~]+|\*)@[!-)+-?A-~]+$",
    message: "expected a mailbox, or \"*@\" and a host name",
    example: "*@example.com",
};

/// A common name.
pub(super) const COMMON_NAME: Text = Text {
    pattern: r"^[^\x00*]+$",
    message: "expected a common name, without \"*\"",
    example: "alice",
};

/// A host as in the `domains` of an Envoy virtual host.
pub(super) const HOST: Text = Text {
    pattern: r"^(\*\.)?([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$",
    message: "expected an ASCII host name or `*.suffix` (leave `hosts` out to match every host)",
    example: "api.example.com",
};

/// A path. That it has no dot segments and no needless escapes only the reader tells; so below.
pub(super) const PATH: Text = Text {
    pattern: r#"^/([!"$-.0->@-\[\]-z|~]+(/[!"$-.0->@-\[\]-z|~]+)*/?)?$"#,
    message: "expected a path as `/a/b`: no query, no empty or dot segments, no needless escapes",
    example: "/orders/health",
};

/// A path without a slash at its end.
pub(super) const PATH_PREFIX: Text = Text {
    pattern: r#"^/([!"$-.0->@-\[\]-z|~]+(/[!"$-.0->@-\[\]-z|~]+)*)?$"#,
    message: PATH.message,
    example: "/orders",
};

/// A path with at least one segment that stands for any.
pub(super) const PATH_TEMPLATE: Text = Text {
    pattern: r#"^(/[!"$-.0->@-\[\]-z|~]+)*/\{[^{}/]+\}(/([!"$-.0->@-\[\]-z|~]+|\{[^{}/]+\}))*/?$"#,
    message: PATH.message,
    example: "/orders/{id}",
};

/// A path of plain characters.
pub(super) const READY_PATH: Text = Text {
    pattern: "^/[A-Za-z0-9/._~-]+$",
    message: "expected a path as \"/ready\", of letters, digits and /-._~",
    example: "/peergate/ready",
};

/// An HTTP method.
pub(super) const METHOD: Text = Text {
    pattern: "^[A-Z0-9_-]+$",
    message: "expected an HTTP method in upper case, as `GET`",
    example: "GET",
};

/// The name of a header. Those with a meaning to Envoy or HTTP only the reader tells.
pub(super) const HEADER: Text = Text {
    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$",
    message: "expected a header name: 1 to 64 letters, digits and `-`, without blanks",
    example: "x-client-identity",
};

/// The name of a header that a credential may stand in.
pub(super) const CREDENTIAL_HEADER: Text =
    Text { pattern: HEADER.pattern, message: HEADER.message, example: "authorization" };

/// An authentication scheme.
pub(super) const SCHEME: Text = Text {
    pattern: HEADER.pattern,
    message: "expected an authentication scheme as Bearer, without blanks",
    example: "Bearer",
};

/// The name of a query parameter or a cookie.
pub(super) const PARAMETER: Text = Text {
    pattern: "^[A-Za-z0-9._~-]{1,64}$",
    message: "expected a name of 1 to 64 letters, digits and -._~",
    example: "api_key",
};

/// An issuer of tokens.
pub(super) const ISSUER: Text = Text {
    pattern: "^[^#]+$",
    message: "has a `#`, which is what parts issuer and subject in identities",
    example: "https://idp.example.com",
};

/// A scope.
pub(super) const SCOPE: Text = Text {
    pattern: "^[^ ]+$",
    message: "expected one scope, without blanks",
    example: "orders.read",
};

/// A claim, or a JSON Pointer to one.
pub(super) const CLAIM: Text = Text {
    pattern: r"^([^/][\s\S]*|(/([^/~]|~[01])+)+)$",
    message: "expected the name of a claim, or a JSON Pointer to one as /realm_access/roles",
    example: "department",
};

/// A secret of 16 bytes at least. How many bytes other characters than those of ASCII have is not told.
pub(super) const HMAC_SECRET: Text = Text {
    pattern: r"^[\x00-\x7f]{16,}$|[^\x00-\x7f]",
    message: "expected 16 bytes at least",
    example: "",
};

/// What an Envoy cluster is called, or an authority.
pub(super) const VISIBLE: Text = Text {
    pattern: "^[!-~]{1,256}$",
    message: "expected 1 to 256 printable ASCII characters without blanks",
    example: "peergate-feed",
};

/// A path with or without a query.
pub(super) const FEED_PATH: Text = Text {
    pattern: r#"^/[!"$-~]*$"#,
    message: "expected a path that begins with / and has no fragment",
    example: "/v1/changes",
};

/// A secret that becomes part of keys.
pub(super) const LIST_SECRET: Text = Text {
    pattern: "^[ -~]{16,256}$",
    message: "expected 16 to 256 printable ASCII characters",
    example: "",
};

/// What a feed is asked after.
pub(super) const CURSOR: Text = Text {
    pattern: "^[ -~]+$",
    message: "expected 1 to 1024 printable ASCII characters",
    example: "c-42",
};
