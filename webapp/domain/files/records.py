"""The columns of every file that goes out, in their order (contract, section 5)."""

DOCUMENT = (
    *("id", "title", "display_title", "outlet", "byline", "published", "url", "rights", "language", "text"),
    *("text_sha256", "headings", "excluded", "extra"),
)
LABEL = (
    *("id", "round", "state", "document", "annotator", "start", "end", "quote", "origin", "speaker"),
    *("speaker_origin", "chain", "stance", "on_target", "ascribed", "claim_type", "unsure", "note", "revision"),
    *("created_at", "updated_at"),
)
ASSIGNMENT = ("round", "document", "annotator", "state", "finished_at")
GOLD = (
    *("id", "document", "text_sha256", "start", "end", "quote", "speaker", "speaker_name", "speaker_kind", "chain"),
    *("stance", "on_target", "ascribed", "claim_type", "decided_by", "annotators", "votes", "round", "release"),
)
ROUND = ("name", "state", "scheme", "guide", "closed_at")
SPEAKER = ("id", "name", "kind", "affiliation", "members", "aliases", "proposed_by", "merged_into")
