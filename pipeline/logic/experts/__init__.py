"""One file an expert: what it keeps of an item, learns, proposes and scores."""
