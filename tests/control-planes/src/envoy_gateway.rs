//! Envoy Gateway and the Envoy that it runs.
