"""What a benefit is called, for a model and for a row of values alike."""


def benefit_title(product: str, quantity: str, *, is_usage_based: bool) -> str:
    """Its product, and for credit the amount too, so that no two rows look alike."""
    return f"{product}, {quantity}" if is_usage_based else product


def benefit_type_text(benefit_type: str, competency: str) -> str:
    """Core, or Incremental with its competency."""
    return f"{benefit_type} ({competency})" if competency else benefit_type
