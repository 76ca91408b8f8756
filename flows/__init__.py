"""One file a flow, named by a verb; see README.md here for the convention."""
