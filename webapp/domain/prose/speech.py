"""How English news text tells who speaks: verbs of saying, and what a name looks like, as patterns for `regex`."""

VERBS = (
    "said|says|say|saying|told|tells|asked|asks|ask|asking|wrote|writes|write|writing|added|adds|adding|replied|replies"
    "|answered|answers|warned|warns|warning|argued|argues|arguing|claimed|claims|claim|claiming|stated|states|stating"
    "|noted|notes|noting|continued|continues|explained|explains|explaining|insisted|insists|insisting|demanded|demands"
    "|declared|declares|declaring|wondered|wonders|concluded|concludes|observed|observes|announced|announces|announcing"
    "|recalled|recalls|tweeted|posted|shouted|cried|joked|quipped|quips|responded|responds|countered|counters"
    "|countering|remarked|remarks|began|begins|read|reads|testified|testifies|complained|complains|urged|urges|urging"
    "|exclaimed|whispered|muttered|inquired|called|calls|calling|labeled|labelled|labeling|labelling|described"
    "|describes|describing|dubbed|characterized|characterised|characterizing|characterising|denounced|denounces"
)
NAME = r"\p{Lu}[\p{L}\p{M}’'.&-]*+"
PARTICLES = "and|of|the|de|del|della|di|da|du|la|le|van|von|der|den|bin|al|&"
# Capitalised at the start of a sentence, and no name
NO_NAMES = (
    "A|An|And|But|Everybody|Everyone|He|It|Later|Nobody|None|Now|She|So|Some|Somebody|Someone|That|Then|The|There|These"
    "|They|This|Those|We|What|Who|Yet|You"
)
