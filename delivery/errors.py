"""What can go wrong with an order or its store."""

from core.errors import SkyshadeError


class DeliveryError(SkyshadeError):
    """An order, place or aircraft that cannot be what was asked of it."""


class PastError(DeliveryError):
    """A wish for a time that is over."""


class NotYoursError(DeliveryError):
    """Another customer's order."""


class KeyReusedError(DeliveryError):
    """A customer's key that stands for another order already."""


class ClockError(DeliveryError):
    """A clock that went back behind what is on record."""


class StoreError(SkyshadeError):
    """The store cannot be opened, read or trusted."""
