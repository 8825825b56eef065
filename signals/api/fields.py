"""Parts that the operations of this package share."""

from rest_framework import serializers


class Deleted(serializers.Serializer):
    """What a DELETE answers."""

    deleted = serializers.BooleanField()
