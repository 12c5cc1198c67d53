"""What all providers share: identifier templates, values of attributes, boundaries."""
