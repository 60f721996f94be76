// Streamlit gives an uploader a name and the role "presentation", which says that it is nothing.

// Private to Streamlit: without this name a screen reader may leave the uploader's name out.
const DROPZONE = '[data-testid="stFileUploaderDropzone"][role=presentation]';

export default function uploader() {
  for (const zone of document.querySelectorAll(DROPZONE)) zone.setAttribute("role", "group");
}
