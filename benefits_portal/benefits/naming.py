"""The name of a benefit, for models and for rows of values."""


def benefit_title(product: str, quantity: str, *, is_usage_based: bool) -> str:
    """The product and, for credit, the amount, so that no two rows look alike."""
    return f"{product}, {quantity}" if is_usage_based else product


def benefit_type_text(benefit_type: str, competency: str) -> str:
    """Core, or Incremental with its competency."""
    return f"{benefit_type} ({competency})" if competency else benefit_type
