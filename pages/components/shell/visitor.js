// Keeps the visitor's number in a cookie; visitor.py reads it.

/** @param {ComponentArguments<{ cookie: string }>} component */
export default function visitor({ data }) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in plain HTTP
  document.cookie = data.cookie;
}
