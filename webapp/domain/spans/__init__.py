"""Who marked which words: continua, their alignments, and what chance would make of them."""
