"""Fields that the surfaces share."""

from typing import Any, ClassVar

from rest_framework import serializers


class Choice(serializers.ChoiceField):
    """One of some texts, which a refusal names."""

    default_error_messages: ClassVar = {
        "invalid_choice": "{input} is none of {choices}.",
        "invalid": "It must be one of {choices}.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if data == "" and self.allow_blank:
            return ""
        if not isinstance(data, str) or data not in self.choices:
            key, shown = ("invalid_choice", repr(data[:40])) if isinstance(data, str) else ("invalid", "")
            self.fail(key, input=shown, choices=", ".join(str(one) for one in self.choices))
        return super().to_internal_value(data)
