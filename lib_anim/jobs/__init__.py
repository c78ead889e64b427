"""Jobs: what was asked of the engines, one after the other. Knows settings; knows no page and no form."""
