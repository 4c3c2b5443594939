// Bytes as text and back.

export const toBase64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// The letters of addresses and SMS, without padding (RFC 4648, section 5).
export const toBase64Url = (buffer) => toBase64(buffer).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const fromBase64Url = (text) => fromBase64(text.replace(/-/g, "+").replace(/_/g, "/"));
