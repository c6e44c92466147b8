"""The form of a record's header: the one place that says which fields exist and what they may hold.

The checker, the template, the editor schema and the field table in the docs are all made from these classes.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Status = Literal[
    "proposed", "adopted", "in-force", "partly-applicable", "suspended", "superseded", "withdrawn", "ended"]
Kind = Literal["mandatory", "conditional", "voluntary"]
Certainty = Literal["law", "announced", "proposed"]
Relation = Literal["accepted", "accepted-with-conditions", "not-accepted", "mra", "arrangement"]

#: The section names, in the order in which they stand in a record.
SECTIONS = (
    "summary", "scope", "requirements", "route", "applicant", "reports", "inspection", "validity", "standards",
    "documents", "marking", "carbon-footprint", "due-diligence", "passport", "method", "boundary", "unit", "data",
    "verification", "comparison", "eligibility", "support", "cost-and-time", "mistakes", "trouble", "gaps",
)
#: Passages made from the header rather than written as a section.
COMPUTED_SECTIONS = ("dates", "recognition")
#: What a record of the folder needs to count as `full`.
FULL = {
    "regimes": ("summary", "scope", "route", "applicant", "reports", "validity", "documents", "marking", "mistakes",
                "trouble", "gaps"),
    "regulations": ("summary", "scope", "requirements", "applicant", "mistakes", "gaps"),
    "standards": ("summary", "scope", "method", "comparison", "mistakes", "gaps"),
    "programmes": ("summary", "scope", "requirements", "mistakes", "gaps"),
    "guides": ("summary", "scope", "mistakes", "gaps"),
}
REGIONS = ("asia", "europe", "cis", "americas", "oceania", "middle-east", "africa", "international")


def _iso_date(value: str) -> str:
    datetime.date.fromisoformat(value)
    return value


def _partial_date(value: str) -> str:
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value):
        raise ValueError("is not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")
    datetime.date.fromisoformat((value + "-01-01")[:10])
    return value


def _source_mark(value: object) -> object:
    return [value] if isinstance(value, str) else value


IsoDate = Annotated[str, AfterValidator(_iso_date), Field(json_schema_extra={"pattern": r"^\d{4}-\d{2}-\d{2}$"})]
PartialDate = Annotated[
    str, AfterValidator(_partial_date), Field(json_schema_extra={"pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"})]
Text = Annotated[str, Field(min_length=1)]
SourceMark = Annotated[
    list[Text], BeforeValidator(_source_mark, json_schema_input_type=Text | list[Text]), Field(min_length=1, max_length=2)]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NameForm(Form):
    zh: Text
    en: Text


class TraitForm(Form):
    trait: Text = Field(description="id of vocabulary/traits.yml")


class ExcludesForm(Form):
    product: Text = Field(description="id of vocabulary/products.yml")
    see: Text = Field(description="the record where the product belongs, or `none`")


class AppliesForm(Form):
    attribute: Text = Field(description="id of vocabulary/attributes.yml")
    is_: str | None = Field(None, alias="is", description="yes, no, or a word such as consumer")
    min: str | None = None
    max: str | None = None
    unit: str | None = None

    @model_validator(mode="after")
    def one_of(self) -> AppliesForm:
        if self.is_ is None and self.min is None and self.max is None:
            raise ValueError("needs `is`, `min` or `max`")
        return self


class AcceptsForm(Form):
    from_: Text = Field(alias="from", description="id of vocabulary/papers.yml")
    relation: Relation
    zh: Text
    en: Text
    source: SourceMark | None = Field(None, description="source id, or source id and locator")


class MilestoneForm(Form):
    id: Text
    date: PartialDate | None = None
    when: str | None = Field(None, description="in words, when no date is known")
    certainty: Certainty
    zh: Text = Field(description="the sentence, with {date} where the date goes")
    en: Text
    source: SourceMark | None = Field(None, description="source id, or source id and locator")

    @model_validator(mode="after")
    def dated(self) -> MilestoneForm:
        if (self.date is None) == (self.when is None):
            raise ValueError("needs either `date` or `when`")
        for line in (self.zh, self.en):
            if ("{date}" in line) != (self.date is not None):
                raise ValueError("needs {date} in both lines exactly when `date` is given")
        return self


class SourceForm(Form):
    id: Text = Field(description="used by the marks of this record")
    title: NameForm
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    publisher: Text
    tier: Literal["official", "secondary"] = Field(description="official: the authority's own page or text")
    read: IsoDate = Field(description="the day somebody read that page")
    instrument: str | None = Field(None, description="set when this page is the text of that instrument")


class QuestionsForm(Form):
    zh: list[Text] = []
    en: list[Text] = []


class HeaderForm(Form):
    """The YAML header of a record."""

    name: NameForm = Field(description="full name in both languages")
    aliases: list[Text] = Field([], description="how people call it")
    status: Status = Field(description="where the instrument stands today")
    kind: Kind | None = Field(None, description="regimes only")
    scope: Literal["national", "international"] = Field("national", description="international: then no markets")
    markets: list[Text] = Field([], description="ISO 3166-1 codes, XK, or groups of vocabulary/markets.yml")
    marks: list[Text] = Field([], description="ids of vocabulary/marks.yml")
    authority: list[Text] = Field([], description="ids of vocabulary/authorities/")
    legal_basis: list[Text] = Field([], description="ids of vocabulary/instruments/ or of regulation records")
    covers: list[Text | TraitForm] = Field([], description="product ids or {trait: id}")
    excludes: list[ExcludesForm] = Field([], description="neighbours that people confuse it with")
    applies_when: list[AppliesForm] = Field([], description="attributes that decide")
    asks: list[Text] = Field([], description="attributes to ask back")
    accepts: list[AcceptsForm] = Field([], description="edges of the recognition graph")
    milestones: list[MilestoneForm] = Field([], description="every sentence with a day")
    sources: list[SourceForm] = Field([], description="pages that were read")
    checked: IsoDate | None = Field(None, description="the day the record was checked as a whole")
    questions: QuestionsForm = Field(QuestionsForm(), description="how firms ask about this record")
