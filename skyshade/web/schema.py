"""What the service takes and gives, as JSON: times are ISO 8601, places [longitude, latitude]."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Contact = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
LocalTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Position = Annotated[
    tuple[float, float],
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 2.0 is 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Count = Annotated[int, Field(ge=1, le=99), BeforeValidator(_whole)]


class Strict(BaseModel):
    """Text from outside: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Line(Strict):
    """So many of one thing."""

    item: Name
    count: Count


class Wish(Strict):
    """An order as a customer writes it; `local_time` (today, on the depot's clock) reserves."""

    point: Name
    lines: Annotated[list[Line], Field(min_length=1, max_length=20)]
    contact: Contact | None = None
    local_time: LocalTime | None = None
    priority: Literal["regular", "urgent"] = "regular"


class Change(Strict):
    """What an operator says of a delivery point; what is left out stays."""

    closed: bool | None = None
    occupied: bool | None = None


class Reason(BaseModel):
    """Why not, and what would make it a yes; `rule` and `facts` say it in any language."""

    message: str
    cure: str | None = None
    rule: str | None = None
    facts: dict[str, str | float] = {}


class OrderView(BaseModel):
    """An order and where it stands; `token` follows and cancels it and is given once, with the answer."""

    id: str
    state: str
    point: str
    lines: list[Line]
    mass_kg: float
    priority: str
    placed_at: str
    reasons: list[Reason] = []
    unknown: list[str] = []
    expected: str | None = None
    earliest: str | None = None
    latest: str | None = None
    released_at: str | None = None
    aircraft: str | None = None
    may_cancel: bool = False
    depot: Position | None = None
    position: Position | None = None
    track: list[Position] = []
    token: str | None = None


class Goods(BaseModel):
    """Something that can be ordered; `flies` is false where a hazard forbids it."""

    id: str
    name: str
    mass_kg: float
    hazards: list[str] = []
    flies: bool = True


class PointView(BaseModel):
    """A delivery point."""

    id: str
    name: str
    position: Position
    hours: str
    open: bool
    closed: bool
    occupied: bool


class PageFacts(PointView):
    """What a delivery point's page shows and orders with."""

    goods: list[Goods]
    most_kg: float
    time_zone: str
    expires_at: str
    # Names are deleted so many days after the last order; null: when somebody asks.
    forget_after_days: float | None = None
    ground: dict[str, object] | None = None
    # The pass orders for this point only and runs out; it is no key.
    pass_: Annotated[str, Field(serialization_alias="pass")]


class Problem(BaseModel):
    """Why a request was refused."""

    error: str
    message: str
    hint: str | None = None
