// Options and answers of passkeys, between JSON and what the browser takes and gives (WebAuthn level 3, section 5.1).
import { fromBase64Url, toBase64Url } from "./bytes.js";

const known = (list) => (list || []).map((each) => Object.assign(each, { id: fromBase64Url(each.id) }));

export function optionsOf(json) {
  const options = { ...json, challenge: fromBase64Url(json.challenge) };
  if (json.user) options.user = { ...json.user, id: fromBase64Url(json.user.id) };
  if (json.excludeCredentials) options.excludeCredentials = known(json.excludeCredentials);
  if (json.allowCredentials) options.allowCredentials = known(json.allowCredentials);
  return options;
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

export function answerOf(credential) {
  const response = {};
  for (const part of PARTS) {
    if (credential.response[part]) response[part] = toBase64Url(credential.response[part]);
  }
  const rawId = toBase64Url(credential.rawId);
  return { id: rawId, rawId, type: credential.type, response, clientExtensionResults: {} };
}
