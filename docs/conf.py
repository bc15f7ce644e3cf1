"""How Sphinx makes the documentation: `make docs`."""

import tfevents

project = "tfevents"
author = "tfevents contributors"
copyright = author
release = version = tfevents.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns: list[str] = []
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
# Names in docstrings are code, and no links.
default_role = "code"
# A link between pages that leads nowhere ends the build.
nitpicky = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autoclass_content = "class"
napoleon_custom_sections = [("Attributes", "params_style")]
# The types of arrays are in the text, where they have dtypes and shapes.
napoleon_attr_annotations = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "tfevents"
html_static_path = ["_static"]
html_copy_source = False
html_show_sphinx = False
