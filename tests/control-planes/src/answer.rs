//! What an answer says of its request.

use peergate_lab::client::Response;
use serde_json::Value;

/// The reason of a refusal, or the identity that the upstream was told of; the text, if it is neither.
pub fn told(response: &Response) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        return response.text().into_owned();
    };
    match (&body["reason"], body["headers"].is_array()) {
        (Value::String(reason), _) => reason.clone(),
        (_, true) => sent(&body, "x-client-identity").join(","),
        _ => body.to_string(),
    }
}

/// The values of a header in what the upstream says it received.
pub fn sent(received: &Value, name: &str) -> Vec<String> {
    let headers = received["headers"].as_array().expect("headers");
    let named = headers.iter().filter(|pair| pair[0] == name);
    named.map(|pair| pair[1].as_str().expect("a value").to_owned()).collect()
}
