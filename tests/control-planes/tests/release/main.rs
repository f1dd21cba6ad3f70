//! The image of a release, from a real registry into a real gateway. `scripts/test-release` runs this.

mod envoy_gateway;
mod istio;
mod people;
mod pushing;
