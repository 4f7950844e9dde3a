"""What all sections share."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Section(BaseModel):
    """A frozen part of the config that refuses unknown keys, infinite numbers, and truth values for numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _truth(cls, value: Any, info: ValidationInfo) -> Any:
        # Pydantic takes true for 1; and YAML reads yes, no, on and off as truth values.
        items = value if isinstance(value, list | tuple) else [value]
        if cls.model_fields[info.field_name].annotation is not bool and any(isinstance(item, bool) for item in items):
            raise ValueError("must not be true or false, as which YAML reads yes, no, on and off too; quote a name")
        return value
