// Put a picture into a file field, as if somebody had chosen it.
export function putFile(field, blob, name) {
  const files = new DataTransfer();
  files.items.add(new File([blob], name, { type: "image/jpeg" }));
  field.files = files.files;
}

// The same from an address.
export async function putPicture(field, address, name) {
  putFile(field, await (await fetch(address)).blob(), name);
}
