//! What a browser sends besides, so that a request of 8 headers has 33 and some 3 KB: the same where a request's
//! time is measured and where its instructions are counted.

/// The fields.
pub(crate) const BROWSER: [(&str, &str); 25] = [
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.9,de-AT;q=0.7,de;q=0.6"),
    ("baggage", "tenant=acme,region=eu-central-1,build=2026.11.3-1842,experiment=checkout-b"),
    ("cache-control", "no-cache"),
    ("content-type", "application/json; charset=utf-8"),
    ("cookie", COOKIE),
    ("dnt", "1"),
    ("if-none-match", "W/\"5f3e-8Qm2d0ZkVt0g7sY1c2m9hQx4T2E\""),
    ("origin", "https://portal.example.com"),
    ("pragma", "no-cache"),
    ("priority", "u=1, i"),
    ("referer", "https://portal.example.com/customers/acme/orders/4711?tab=items&sort=-created"),
    ("sec-ch-ua", "\"Chromium\";v=\"142\", \"Not=A?Brand\";v=\"24\", \"Example\";v=\"142\""),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("sec-fetch-dest", "empty"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-site", "same-site"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("tracestate", "vendor=00f067aa0ba902b7,other=t61rcWkgMzE"),
    ("x-app-version", "portal-web/2026.11.3 (1842)"),
    ("x-correlation-id", "9d1a7a52-6a3f-4d1e-9d0c-0f6b0a3c2b11"),
    ("x-csrf-token", "3nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt8"),
    ("x-request-id", "0b9f8a3e-2c7d-4f70-8f39-5b1d1f8f2f6a"),
    ("x-requested-with", "XMLHttpRequest"),
];

/// What gathers in a browser: sessions, the state of a portal, consent and analytics.
const COOKIE: &str = concat!(
    "__Host-session=c2Vzc2lvbjo3ZjY5YjQ4Mi1kN2M0LTRjNTYtOGY3Mi0yMGQ1YzQ5YjE0YTM6MTc2NDE1NTQ3Mg.",
    "h8Qm2d0ZkVt0g7sY1c2m9hQx4T2EwW1v9kq3Zt8nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt83nq0Jm7qv1",
    "oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt8; sso=eyJ0ZW5hbnQiOiJhY21lIiwidXNlciI6ImFsaWNlIiwiZ3JvdXBz",
    "IjpbInBhcnRuZXJzIiwib3JkZXJzIl19.q3Zt8nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9k; consent=version=",
    "4&necessary=1&functional=1&analytics=1&marketing=0&time=1764155472; theme=dark; locale=en-GB; ",
    "_ga=GA1.1.1274837465.1748937261; _ga_4QY7TC8Z1N=GS2.1.s1764155472$o42$g1$t1764156013$j60$l0$h0; ",
    "feature_flags=checkout-b,new-nav,dense-tables,export-v2; last_seen=2026-11-26T10:51:12Z; ",
    "portal_state=PtYgjmUhBel31iEl2hpChYgCfrL1spNxnyVmihA_2O76UMFxFkM_R5Kjp1vRt-1fjORS_6ilI8ihN5K",
    "XSc7Tvo_hBKqFYY_kv5ZJr3J1TWDtkwtDDb-xHKas.1VOqg6YYZYn9ZhyiA4uoRgnatmUdjAWtGSU8po-799NksnRH9u",
    "cAUsdMlHUvTCQCyEZDz_TddJ8HyS5SUkCnD8zRA9a9SkpXz9w3QlY7Zkuvqdt7s8Stqcbnr3yBdGBLEPH1qhT61qtc4x",
    "atws8phP9nhFyJfm5di4PzJ59FHz5r1pY4OjE2jBMptUsGr7CmY-uCu3ZR1zTOlUcR64cXQLioDnkHIfxIq2HZt_PlJh",
    "x2jIclHkCiHp6bR1IqfEouHgxzNNAL5wIScGebcy8F5n3_YNBDRzrZSgqbjG3uhkWKFLf6xuI5aHUQPFeNBTxaQWk8Jz",
    "FalHlsZfYcMMDktXP_tKsf2rcDkdfrUnW5gcF-Ha6ili8GjHEAD6_Wj9KfzjsQGMrb9h-ImB-LK777pzNk8cL6j5IXAA",
    "jlsHUqJoUD_-Ydua-5ZMs1SWOpQaPRYpzbLGViYXjU2JgJngKtFI3OyV2dZAkg05rK-gqv81RKMGHZEM9YpvujA_C5Q5",
    "2ryFlwRlOE.VHzc0X0AWIRh_JUqBlIFXZ53Ncqe28-ajY75FnCttn6kfaqDeMqG3omjMyXHCabM6JOF8EFd0Nhcy_1kG",
    "D2VD_; ",
    "_csrf=3nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt8; ab_bucket=17; recently_viewed=4711,4698,4655,",
    "4652,4601,4533,4519,4477,4401,4388,4310,4299,4287,4201,4178,4166,4102,4099,4012,3998,3977,3951",
);
