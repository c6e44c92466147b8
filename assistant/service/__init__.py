"""The HTTP faces: REST for everybody and for the desk, and the two pages. Routes are thin; what they do stands in desk/."""
