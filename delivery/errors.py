"""What can go wrong with an order or its store."""

from core.errors import SkyshadeError


class DeliveryError(SkyshadeError):
    """An order, place or aircraft that cannot be what was asked of it."""


class StoreError(SkyshadeError):
    """The store cannot be opened, read or trusted."""
