"""Taking one's data along, and deleting the account."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, BodyOnDelete, Deleted, Message, Refusal, Text, parsed, password_field
from accounts.api.sign_in import MailRequestApi
from accounts.models import OneTimeCode
from accounts.services.account import account_delete, account_export
from accounts.services.client import client_of
from core import clock
from core.ratelimit import shared_limiter


class ExportApi(APIView):
    """Everything the account owns, as one JSON document, by section. Secrets are not part of it."""

    class Output(serializers.Serializer):
        made_at = serializers.DateTimeField()
        user_id = serializers.IntegerField()
        sections = serializers.DictField()

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        now = clock.now()
        response = Response(account_export(user=request.user, ip=client_of(request._request).ip, now=now))
        response["Content-Disposition"] = f'attachment; filename="export-{now:%Y%m%d-%H%M%S}.json"'
        return response


class DeletionCodeApi(MailRequestApi):
    """Have a code mailed that confirms deleting the account: for those who have no password."""

    purpose = OneTimeCode.Purpose.DELETE
    authentication_classes = APIView.authentication_classes
    permission_classes = APIView.permission_classes

    @extend_schema(request=None, responses=Message)
    def post(self, request: Request) -> Response:
        return self._mail(request, request.user.email)


class AccountApi(APIView):
    """Delete the account and everything it owns, for good.

    Needs an export made within a day, and the password, or the code or link mailed by `account/deletion-code`.
    """

    schema = BodyOnDelete()

    class Input(Body):
        password = password_field(required=False)
        otp = Text(max_length=16, required=False, help_text="The code in the mail.")
        token = Text(max_length=200, required=False, help_text="Of the mailed link.")

    @extend_schema(
        request=Input,
        responses={200: Deleted, 409: Refusal, 413: Refusal, 415: Refusal, 422: Refusal},
        examples=[OpenApiExample("With the password", {"password": "…"}, request_only=True)],
    )
    def delete(self, request: Request) -> Response:
        data = parsed(self.Input, request)
        account_delete(
            user=request.user, password=data.get("password", ""), token=data.get("token", ""),
            code=data.get("otp", ""), limiter=shared_limiter(), ip=client_of(request._request).ip, now=clock.now(),
        )  # fmt: skip
        response = Response({"deleted": True})
        response.delete_cookie("kite_session")
        return response
