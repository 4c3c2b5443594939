// One slice of sound, made unreadable before it leaves: a nonce of 12 bytes and AES-GCM, bound to recording and number.
export async function seal(slice, { key, code }, number) {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(code + ":" + number);
  const how = { name: "AES-GCM", iv: nonce, additionalData };
  const sealed = await crypto.subtle.encrypt(how, key, await slice.arrayBuffer());
  return new Blob([nonce, sealed]);
}
