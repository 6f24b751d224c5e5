"""How well the desk understands: its reading held against sentences that real people said or wrote."""
