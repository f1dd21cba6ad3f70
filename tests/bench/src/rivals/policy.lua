-- Who may pass: certificates' fingerprints, and how their holders are called.
local identities = {}
for fingerprint, identity in ([[
PINNED]]):gmatch("(%x+) (%S+)") do
  identities[fingerprint] = identity
end

local IDENTITY, FINGERPRINT = "x-client-identity", "x-client-cert-sha256"
local IDENTITY_SIZE, FINGERPRINT_SIZE = #IDENTITY, #FINGERPRINT
local find = string.find

local function problem(detail)
  return '{"type":"about:blank","title":"Forbidden","status":403,"detail":"' .. detail .. '"}'
end
local PROBLEM = { [":status"] = "403", ["content-type"] = "application/problem+json" }
local REQUIRED = problem("a client certificate is required")
local REFUSED = problem("the client certificate was refused")

function envoy_on_request(handle)
  local stream = handle:streamInfo()
  local connection = stream:downstreamSslConnection()
  local fingerprint = connection and connection:sha256PeerCertificateDigest()
  if not fingerprint or fingerprint == "" then
    return handle:respond(PROBLEM, REQUIRED)
  end
  local identity = identities[fingerprint]
  if not identity then
    return handle:respond(PROBLEM, REFUSED)
  end

  -- Some upstreams take `x_client_identity` for `x-client-identity`. Most names are of another length.
  local headers = handle:headers()
  local spoofed
  for name in pairs(headers) do
    local size = #name
    if
      size == IDENTITY_SIZE and name ~= IDENTITY and find(name, "^x%Wclient%Widentity$")
      or size == FINGERPRINT_SIZE and name ~= FINGERPRINT and find(name, "^x%Wclient%Wcert%Wsha256$")
    then
      spoofed = spoofed or {}
      spoofed[#spoofed + 1] = name
    end
  end
  if spoofed then
    for place = 1, #spoofed do
      headers:remove(spoofed[place])
    end
  end
  headers:replace(IDENTITY, identity)
  headers:replace(FINGERPRINT, fingerprint)
  -- For a guard behind it, and for access logs.
  stream:dynamicMetadata():set("peergate", "verdict", "allowed")
end
